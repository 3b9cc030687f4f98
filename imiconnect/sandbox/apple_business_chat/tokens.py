"""HS256 by hand (RFC 7515), so that both sides of a call are checked by different code."""

import hashlib
import hmac
import json
import time
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from imiconnect.sandbox.apple_business_chat.twin import CSP_ID, CSP_SECRET

#: Seconds for which a token is taken.
LIVES = 300


def _mac(signed: str) -> str:
    digest = hmac.new(b64decode(CSP_SECRET), signed.encode(), hashlib.sha256).digest()
    return _written(digest)


def _written(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(text: str) -> Any:
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def own_token() -> str:
    """Return the token of a call to the platform."""
    head = _written(b'{"alg":"HS256"}')
    claims = {"aud": CSP_ID, "iat": int(time.time())}
    signed = f"{head}.{_written(json.dumps(claims).encode())}"
    return f"{signed}.{_mac(signed)}"


def is_of_platform(token: str) -> bool:
    """Tell whether a token is the platform's and recent."""
    signed, _dot, mac = token.rpartition(".")
    try:
        if not hmac.compare_digest(_mac(signed).encode(), mac.encode()):
            return False
        head, claims = (_read(part) for part in signed.split("."))
        is_recent = abs(time.time() - float(claims["iat"])) <= LIVES
    except (ValueError, KeyError, TypeError):
        return False
    return head.get("alg") == "HS256" and claims.get("iss") == CSP_ID and is_recent
