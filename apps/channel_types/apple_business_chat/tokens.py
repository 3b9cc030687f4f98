"""The signed tokens of calls to and from Apple's gateway (facts of MSP REST API, JWT HS256)."""

import time

import jwt

#: Seconds by which the two clocks may differ, and for which a token stays good.
SKEW = 300


def token_for_apple(csp_id: str, key: bytes) -> str:
    """Return the token of a call to Apple."""
    claims = {"iss": csp_id, "iat": int(time.time())}
    return jwt.encode(claims, key, algorithm="HS256", headers={"typ": None})


def is_from_apple(authorization: str, csp_id: str, key: bytes) -> bool:
    """Tell whether an ``Authorization`` header is Apple's, for this platform, and recent."""
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not csp_id or not key:
        return False
    try:
        claims = jwt.decode(
            token.strip(),
            key,
            algorithms=["HS256"],
            audience=csp_id,
            leeway=SKEW,
            options={"require": ["aud", "iat"]},
        )
    except jwt.PyJWTError:
        return False
    return time.time() - float(claims["iat"]) <= SKEW
