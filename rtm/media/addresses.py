"""Addresses of files: signed, good for a while; ``exp`` is in milliseconds, as documented."""

import time
from typing import Any
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


def path(app_id: str, key: UUID | str) -> str:
    """Return the path of a file; without ``key`` that of all files of an app."""
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
    try:
        parts = urlsplit(url)
        head, _, name = parts.path.rpartition("/")
        key = UUID(name)
    except ValueError:  # also of an address such as http://[x
        return None
    values = {key: found[0] for key, found in parse_qs(parts.query).items()}
    part = values.get("part", "file")
    good = is_signed(key, part, values.get("exp", ""), values.get("sig", ""))
    return (key, part) if good and f"{head}/" == path(app_id, "") else None


def renewed(app_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Return a message's content with addresses of the app's files that are good for a while.

    A message may wait for weeks before a device gets it, and be read in the inbox for years;
    whoever reads the message may have its files as long as they are kept. An address that has
    half of its life left stays: what goes out at once is the same for everybody.
    """
    media = payload.get("media")
    if not isinstance(media, list) or not media:
        return payload
    return payload | {"media": [_fresh(app_id, item) for item in media]}


def _fresh(app_id: str, item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    head = path(app_id, "")
    return {
        name: _again(app_id, value) if isinstance(value, str) and head in value else value
        for name, value in item.items()
    }


def _again(app_id: str, url: str) -> str:
    """Return a fresh address for one of ours at the same host, and others as they are."""
    found = read(app_id, url)
    if found is None:
        return url
    (key, part), parts = found, urlsplit(url)
    if not is_over(_expiry(parts.query), time.time() + LIFE / 2):
        return url
    fresh = address(app_id, key, preview=part == "preview")
    return f"{parts.scheme}://{parts.netloc}{fresh}" if parts.netloc else fresh


def _expiry(query: str) -> str:
    return parse_qs(query)["exp"][0]


def _signature(key: UUID, part: str, expires: int) -> str:
    return salted_hmac(_SALT, f"{key}/{part}/{expires}", algorithm="sha256").hexdigest()
