"""Temporary media of the double: known by their first bytes, and forgotten after three days.

The double looks into a file, as WeChat does, and believes neither its name nor its type alone.
"""

import base64
import secrets
import time
from typing import Any, NamedTuple

from imiconnect.sandbox.wechat.world import STORE

LIFETIME = 3 * 24 * 3600
_MB = 2**20


class Form(NamedTuple):
    """A form of files: WeChat's word for it, its MIME type, endings, and the most bytes."""

    word: str
    mime: str
    endings: tuple[str, ...]
    most: int


PNG = Form("image", "image/png", ("png",), 10 * _MB)
JPEG = Form("image", "image/jpeg", ("jpg", "jpeg"), 10 * _MB)
GIF = Form("image", "image/gif", ("gif",), 10 * _MB)
AMR = Form("voice", "audio/amr", ("amr",), 2 * _MB)
MP3 = Form("voice", "audio/mpeg", ("mp3",), 2 * _MB)
THUMB = Form("thumb", "image/jpeg", ("jpg",), 64 * 1024)
MP4 = Form("video", "video/mp4", ("mp4",), 10 * _MB)
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF8", GIF),
    (b"#!AMR\n", AMR),
    (b"ID3", MP3),
    (b"\xff\xfb", MP3),
)
#: Seconds of a voice, and the bytes of one frame of AMR by its type (RFC 4867, 5.3): 20 ms.
LONGEST_VOICE = 60
_FRAMES = (13, 14, 16, 18, 20, 21, 27, 32, 6)


def form_of(data: bytes) -> Form | None:
    """Return what a file is."""
    if data[4:8] == b"ftyp":
        return MP4
    return next((form for start, form in _BEGINNINGS if data.startswith(start)), None)


def thumb_of(data: bytes) -> Form | None:
    """Return the form of a picture of a film: a small JPEG."""
    return THUMB if data.startswith(b"\xff\xd8\xff") else None


def seconds_of(data: bytes) -> float:
    """Return how long a voice in AMR lasts, 0 for any other file."""
    if not data.startswith(b"#!AMR\n"):
        return 0.0
    place, frames = 6, 0
    while place < len(data):
        kind = (data[place] >> 3) & 15
        place += _FRAMES[kind] if kind < len(_FRAMES) else 1
        frames += 1
    return frames / 50


def keep(appid: str, form: Form, data: bytes) -> str:
    """Keep a file for an account and its followers; return its ``media_id``."""
    key = secrets.token_urlsafe(48)
    STORE.put(
        "media",
        key,
        appid=appid,
        word=form.word,
        mime=form.mime,
        at=time.time(),
        data=base64.b64encode(data).decode(),
    )
    return key


def find(appid: str, key: str) -> dict[str, Any] | None:
    """Return a file of an account that is not too old."""
    found = STORE.get("media", key)
    if found is None or found["appid"] != appid or found["at"] < time.time() - LIFETIME:
        return None
    return found


def is_kept(appid: str, key: str, word: str) -> bool:
    """Tell whether an account may send a file as an image, a voice or a video."""
    found = find(appid, key)
    return found is not None and found["word"] == word


def data_of(found: dict[str, Any]) -> bytes:
    """Return the bytes of a file."""
    return base64.b64decode(found["data"])
