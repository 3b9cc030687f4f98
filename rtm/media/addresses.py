"""Addresses of files: signed, good for a while; ``exp`` is in milliseconds, as documented."""

import time
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

#: Seconds: how long an address is good.
LIFE = 24 * 3600
_SALT = "imiconnect.rtm.media"


def address(app_id: str, key: UUID, *, preview: bool = False, now: float | None = None) -> str:
    """Return the path and query of a file that can be read until they expire."""
    expires = int(((now or time.time()) + LIFE) * 1000)
    part = "preview" if preview else "file"
    query = urlencode({"part": part, "exp": expires, "sig": _signature(key, part, expires)})
    return f"{path(app_id, key)}?{query}"


def path(app_id: str, key: UUID) -> str:
    """Return the path of a file."""
    return f"/rtmsAPI/api/v1/media/{app_id}/{key}"


def is_signed(key: UUID, part: str, expires: str, signature: str) -> bool:
    """Tell whether this platform has made an address, expired or not."""
    if not expires.isascii() or not expires.isdigit() or len(expires) > 15:
        return False
    return constant_time_compare(signature, _signature(key, part, int(expires)))


def is_over(expires: str, now: float | None = None) -> bool:
    """Tell whether an address that is signed has expired."""
    return int(expires) < (now or time.time()) * 1000


def read(app_id: str, url: str) -> tuple[UUID, str] | None:
    """Return the file and part of an address of an app, expired or not; None for others."""
    parts = urlsplit(url)
    head, _, name = parts.path.rpartition("/")
    values = {key: found[0] for key, found in parse_qs(parts.query).items()}
    part = values.get("part", "file")
    try:
        key = UUID(name)
    except ValueError:
        return None
    good = is_signed(key, part, values.get("exp", ""), values.get("sig", ""))
    return (key, part) if good and head == f"/rtmsAPI/api/v1/media/{app_id}" else None


def _signature(key: UUID, part: str, expires: int) -> str:
    return salted_hmac(_SALT, f"{key}/{part}/{expires}", algorithm="sha256").hexdigest()
