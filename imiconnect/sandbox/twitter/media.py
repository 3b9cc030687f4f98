"""Files that were uploaded to the double in chunks; a film is looked at for one question."""

import base64
import time
from typing import Any

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
