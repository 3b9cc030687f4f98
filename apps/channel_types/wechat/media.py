"""Files of messages, handed to WeChat (facts/wechat.md, section 5).

WeChat's id of a file is good for three days and for any follower of the account, so a file
that goes to many is handed over once by each process. What WeChat does not take as a file is
left to an article that leads to it.
"""

import hashlib
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.errors import CONTENT, ChannelError
from imiconnect.apps.channel_types.wechat.client import WeChatClient
from imiconnect.outbound import File

_MB = 1024 * 1024
#: Bytes of a file that is read at all, in either direction.
LARGEST = 25 * _MB
#: By type: WeChat's word, the bytes that it takes, and the ending by which it knows the type.
TAKEN = {
    "image/jpeg": ("image", 10 * _MB, "jpg"),
    "image/png": ("image", 10 * _MB, "png"),
    "image/gif": ("image", 10 * _MB, "gif"),
    "audio/amr": ("voice", 2 * _MB, "amr"),
    "audio/mpeg": ("voice", 2 * _MB, "mp3"),
    "audio/mp3": ("voice", 2 * _MB, "mp3"),
    "video/mp4": ("video", 10 * _MB, "mp4"),
}
#: WeChat's word for a picture of a film, the bytes of one, and how every JPEG begins.
THUMBNAIL, MAX_THUMBNAIL, _JPEG = "thumb", 64 * 1024, b"\xff\xd8\xff"
_NEUTRAL = Path(__file__).with_name("film.jpg")
#: Seconds within one try of a message in which its file must be read and handed over: its
#: claim lasts longer.
PATIENCE = 16.0
#: Seconds for which an id is used again, a day less than WeChat keeps it, and how many.
_KEPT_SECONDS, _KEPT_IDS = 2 * 24 * 3600.0, 1000

_Key = tuple[str, str, bytes]
_ids: dict[_Key, tuple[float, str]] = {}
_lock = threading.Lock()


def upload(
    client: WeChatClient, appid: str, item: Mapping[str, Any], *, until: float
) -> tuple[str, str] | None:
    """Read a message's file and hand it to WeChat; return WeChat's word for it and its id.

    ``until`` is when it has to be there, by the monotonic clock. None stands for a file that is
    too large or of another type. Raises ``ChannelError``.
    """
    file = http.file_at(str(item["file"]), most=LARGEST)
    told = str(item.get("contentType", ""))
    # A server that knows no type says so by one of these.
    is_unknown = file.content_type in ("", "application/octet-stream", "binary/octet-stream")
    mime = told if is_unknown else file.content_type
    kind, most, ending = TAKEN.get(mime, ("", 0, ""))
    if not 0 < len(file.data) <= most:
        return None
    return kind, _handed_over(
        client, appid, kind, f"file.{ending}", File(file.data, mime), until
    )


def thumbnail(
    client: WeChatClient, appid: str, item: Mapping[str, Any], *, until: float
) -> str:
    """Hand over the picture that stands for a film, and return WeChat's id of it.

    It is the one that the message names, else a neutral one: a frame of the film would need a
    decoder. Raises ``ChannelError``, ``CONTENT`` for a picture that WeChat does not take.
    """
    url = str(item.get("thumbnail", ""))
    data = http.file_at(url, most=LARGEST).data if url else _NEUTRAL.read_bytes()
    if not data.startswith(_JPEG) or len(data) > MAX_THUMBNAIL:
        raise ChannelError(CONTENT, "the thumbnail is no JPEG of 64 KB at most")
    file = File(data, "image/jpeg")
    return _handed_over(client, appid, THUMBNAIL, "film.jpg", file, until)


def _handed_over(
    client: WeChatClient, appid: str, kind: str, name: str, file: File, until: float
) -> str:
    key = (appid, kind, hashlib.sha256(file.data).digest())
    media_id = _known(key)
    if not media_id:
        media_id = client.upload(kind, name, file, until=until)
        _keep(key, media_id)
    return media_id


def forget(appid: str, given: tuple[str, str]) -> None:
    """Use an id no more, for WeChat does not know it."""
    with _lock:
        for key in [key for key, (_until, media_id) in _ids.items() if media_id == given[1]]:
            if key[:2] == (appid, given[0]):
                del _ids[key]


def _known(key: _Key) -> str:
    with _lock:
        until, media_id = _ids.get(key, (0.0, ""))
    return media_id if time.monotonic() < until else ""


def _keep(key: _Key, media_id: str) -> None:
    with _lock:
        _ids.pop(key, None)
        _ids[key] = (time.monotonic() + _KEPT_SECONDS, media_id)
        if len(_ids) > _KEPT_IDS:
            del _ids[next(iter(_ids))]
