"""Files that were uploaded to the double in chunks; a film is looked at for one question."""

import base64
import time
from typing import Any

from django.conf import settings

from imiconnect.sandbox.files import Chosen
from imiconnect.sandbox.twitter.world import store

#: For each category: the beginning of the types that it takes, and the most bytes.
_CATEGORIES: dict[str, tuple[tuple[str, ...], int]] = {
    "dm_image": (("image/jpeg", "image/png", "image/webp"), 5 * 2**20),
    "dm_gif": (("image/gif",), 15 * 2**20),
    "dm_video": (("video/mp4", "video/quicktime"), 512 * 2**20),
}
_MOST_OF_A_CHUNK = 5 * 2**20


def begin(user: str, kind: str, size: Any, category: str) -> str:
    """Return the id of a new upload; empty where the category does not take such a file."""
    kinds, most = _CATEGORIES.get(category, ((), 0))
    if kind not in kinds or not isinstance(size, int) or not 0 < size <= most:
        return ""
    key = str(time.time_ns())
    store.put("media", key, user=user, kind=kind, size=size, chunks={}, state="open")
    return key


def append(user: str, key: str, number: int, chunk: bytes) -> bool:
    """Keep a chunk of an open upload; False where it does not belong there."""
    found = _of(user, key)
    if found is None or found["state"] != "open" or not 0 < len(chunk) <= _MOST_OF_A_CHUNK:
        return False
    kept = found["chunks"] | {str(number): base64.b64encode(chunk).decode()}
    store.change("media", key, chunks=kept)
    return True


def finalize(user: str, key: str) -> dict[str, Any] | None:
    """End an upload that has all of its bytes; None where it has not."""
    found = _of(user, key)
    if found is None or found["state"] != "open" or len(_joined(found)) != found["size"]:
        return None
    if not found["kind"].startswith("video/"):
        store.change("media", key, state="succeeded")
        return {"size": found["size"]}
    store.change("media", key, state="in_progress")
    return {"processing_info": {"state": "pending", "check_after_secs": 0.01}}


def state(user: str, key: str) -> dict[str, Any] | None:
    """Return how far the look at a film is; it has been looked at once that is asked."""
    found = _of(user, key)
    if found is None:
        return None
    store.change("media", key, state="succeeded")
    return {"id": key, "processing_info": {"state": "succeeded", "progress_percent": 100}}


def is_ready(user: str, key: str) -> bool:
    """Tell whether an account may send a file."""
    found = _of(user, key)
    return found is not None and found["state"] == "succeeded"


def attach(account: str, person: str, file: Chosen) -> tuple[str, dict[str, Any]] | None:
    """Keep a customer's file; return its id and the media object that tells an account of it.

    None for what X takes into no direct message, and for a GIF: X would make a film of it.
    """
    kinds = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}
    if file.kind not in kinds:
        return None
    key, is_film = str(time.time_ns()), file.kind == "video/mp4"
    chunks = {"0": base64.b64encode(file.data).decode()}
    kept = {"kind": file.kind, "size": len(file.data), "chunks": chunks, "state": "succeeded"}
    store.put("media", key, user=person, account=account, **kept)
    place = f"{settings.PUBLIC_URL}/sandbox/twitter/1.1/ton/data/dm/{key}"
    url = f"{place}/{key[-8:]}.{kinds[file.kind]}"
    media: dict[str, Any] = {
        "id": int(key),
        "media_url_https": url,
        "url": f"https://t.co/{key[-10:]}",
        "type": "video" if is_film else "photo",
    }
    if is_film:
        variant = {"bitrate": 832_000, "content_type": "video/mp4", "url": url}
        media["video_info"] = {"variants": [variant]}
    return key, media


def of_customer(account: str, key: str) -> tuple[str, bytes] | None:
    """Return type and bytes of a file that a customer has sent to an account."""
    found = store.get("media", key)
    return data_of(key) if found and found.get("account") == account else None


def data_of(key: str) -> tuple[str, bytes]:
    """Return a file's type and its bytes."""
    found = store.get("media", key) or {"kind": "", "chunks": {}}
    return found["kind"], _joined(found)


def _of(user: str, key: str) -> dict[str, Any] | None:
    found = store.get("media", key)
    return found if found and found["user"] == user else None


def _joined(found: dict[str, Any]) -> bytes:
    chunks = sorted(found["chunks"].items(), key=lambda item: int(item[0]))
    numbers = [int(number) for number, _chunk in chunks]
    if numbers != list(range(len(numbers))):
        return b""
    return b"".join(base64.b64decode(chunk) for _number, chunk in chunks)
