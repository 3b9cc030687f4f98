"""JWT authorization of devices: the customer's server says who a device is.

HS256 with a secret that both know (facts/imiconnect.md, 7.5). The claims name the app
(``appId``) and its user (``userId``) or customer (``customerId``); ``exp`` is optional, others
are allowed. A device that is told apart by these claims may act for nobody else.
"""

import base64
from dataclasses import dataclass

import jwt

from imiconnect.rtm.rest.errors import Code, RtmsError

_BEARER = "bearer "


@dataclass(frozen=True)
class Vouched:
    """For whom a token speaks; one of the two is empty where it names only the other."""

    user_id: str
    customer_id: str

    def is_for(self, *, user_id: str, customer_id: str) -> bool:
        """Tell whether the token speaks for this user or this customer."""
        if self.user_id:
            return self.user_id == user_id
        return bool(self.customer_id) and self.customer_id == customer_id


def vouched(header: str, *, app_id: str, secret: str) -> Vouched:
    """Return for whom an ``Authorization`` header speaks; raises ``RtmsError`` 38 to 40.

    Without a secret no token is right.
    """
    if not header.lower().startswith(_BEARER) or not header[len(_BEARER) :].strip():
        raise RtmsError(Code.NO_TOKEN, "The header Authorization with a bearer JWT is missing.")
    wrong = RtmsError(Code.WRONG_TOKEN, "The JWT is not valid for this app.")
    if not secret:
        raise wrong
    try:
        claims = jwt.decode(
            header[len(_BEARER) :].strip(), base64.b64decode(secret), algorithms=["HS256"]
        )
    except jwt.ExpiredSignatureError:
        raise RtmsError(Code.OLD_TOKEN, "The JWT has expired.") from None
    except jwt.PyJWTError:
        raise wrong from None
    names = [claims.get(name, "") for name in ("userId", "customerId")]
    if claims.get("appId") != app_id or not any(names):
        raise wrong
    if not all(isinstance(name, str) for name in names):
        raise wrong
    return Vouched(*names)
