"""One-time passwords: made of the step that sends them, kept as a digest alone."""

import re
import secrets
import uuid

from django.utils.crypto import constant_time_compare, salted_hmac

_DIGITS = 6
_CODE = re.compile(r"[0-9]{6}")


def code_of(step: uuid.UUID) -> str:
    """Return the password that a step sends: the same again after a crash, and kept nowhere."""
    drawn = salted_hmac("rtm.onboarding.code", str(step), algorithm="sha256").digest()
    return f"{int.from_bytes(drawn) % 10**_DIGITS:0{_DIGITS}}"


def digest_of(app: uuid.UUID, address: str, code: str) -> str:
    """Return the keyed digest of a password for one address."""
    text = f"{app}\0{address}\0{code}"
    return salted_hmac("rtm.onboarding.digest", text, algorithm="sha256").hexdigest()


def no_digest() -> str:
    """Return a digest that no password has, to wait for the password of nobody."""
    return secrets.token_hex(32)


def typed_code(text: str) -> str:
    """Return the password that a text may be, empty for any other text."""
    compact = "".join(text.split()).replace("-", "")
    return compact if _CODE.fullmatch(compact) else ""


def is_code(digest: str, app: uuid.UUID, address: str, code: str) -> bool:
    """Tell whether a password is the one that was sent."""
    return constant_time_compare(digest, digest_of(app, address, code))
