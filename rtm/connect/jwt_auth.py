"""JWT authorization of devices: the customer's server says who a device is.

HS256 with a secret that both know (facts/imiconnect.md, 7.5). The claims name the app
(``appId``) and its user (``userId``) or customer (``customerId``), or both; ``exp`` and ``nbf``
are optional and checked, others are allowed. A device may act for nobody else.
"""

import base64
from dataclasses import dataclass

import jwt
from jwt.types import Options

#: Seconds by which the clock of a customer's server may differ.
LEEWAY = 10
#: Codes of facts/imiconnect.md, section 18.5.
WRONG, REQUIRED, EXPIRED = 38, 39, 40
OTHER_USER = "The JWT names another user."
_BEARER = "bearer "
#: Claims that the documentation leaves to the customer: their values are not judged.
_OPTIONS: Options = {
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class NotVouched(Exception):
    """A call without a right JWT, with the documented code and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


@dataclass(frozen=True)
class Vouched:
    """For whom a token speaks; one of the two is empty where it names only the other."""

    user_id: str
    customer_id: str

    def is_for(self, *, user_id: str, customer_id: str) -> bool:
        """Tell whether the token speaks for this user, or for the customer linked with it."""
        if self.user_id:
            return self.user_id == user_id
        return bool(self.customer_id) and self.customer_id == customer_id

    def names_customer(self, customer_id: str) -> bool:
        """Tell whether a device of this token may be linked to a customer.

        What is sent to a customer reaches the linked devices, so the token must name the
        customer; one that names only a user names the customer of the same id.
        """
        return customer_id == (self.customer_id or self.user_id)


def vouched(header: str, *, app_id: str, secret: str) -> Vouched:
    """Return for whom an ``Authorization`` header speaks; raises ``NotVouched``.

    Without a secret no token is right.
    """
    if not header.lower().startswith(_BEARER) or not header[len(_BEARER) :].strip():
        raise NotVouched(REQUIRED, "The header Authorization with a bearer JWT is missing.")
    wrong = NotVouched(WRONG, "The JWT is not valid for this app.")
    if not secret:
        raise wrong
    try:
        claims = jwt.decode(
            header[len(_BEARER) :].strip(),
            base64.b64decode(secret),
            algorithms=["HS256"],
            leeway=LEEWAY,
            options=_OPTIONS,
        )
    except jwt.ExpiredSignatureError:
        raise NotVouched(EXPIRED, "The JWT has expired.") from None
    except jwt.PyJWTError:
        raise wrong from None
    names = [claims.get(name, "") for name in ("userId", "customerId")]
    if claims.get("appId") != app_id or not any(names):
        raise wrong
    if not all(isinstance(name, str) for name in names):
        raise wrong
    return Vouched(*names)
