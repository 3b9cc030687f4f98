"""Files of direct messages, handed to X in chunks (docs.x.com, chunked media upload).

Initialize, append each chunk, finalize; a film is then looked at by X for a while. A file may
be sent by whoever uploaded it, for a day.
"""

import time
from typing import TYPE_CHECKING, Any

from imiconnect.apps.channel_types.errors import CONTENT, PROVIDER_FAILED, ChannelError
from imiconnect.outbound import File

if TYPE_CHECKING:
    from imiconnect.apps.channel_types.twitter.client import TwitterClient

_MB = 1024 * 1024
#: Bytes that a chunk has at most: X takes 5 MB.
CHUNK = 4 * _MB
#: X's word for a file in a direct message, and the bytes that it takes (facts, section 4).
#: A film may have 512 MB; sixteen at once would not fit in memory.
CATEGORIES = {
    "image/jpeg": ("dm_image", 5 * _MB),
    "image/png": ("dm_image", 5 * _MB),
    "image/webp": ("dm_image", 5 * _MB),
    "image/gif": ("dm_gif", 15 * _MB),
    "video/mp4": ("dm_video", 25 * _MB),
    "video/quicktime": ("dm_video", 25 * _MB),
}
LARGEST = max(most for _category, most in CATEGORIES.values())
#: Seconds that X may take for a file, its look at a film included, within one try of a
#: message: its claim lasts longer.
PATIENCE = 16.0


def is_taken(file: File) -> bool:
    """Tell whether X takes a file of this type and size."""
    return len(file.data) <= CATEGORIES.get(file.content_type, ("", -1))[1]


def upload(client: "TwitterClient", file: File, *, shared: bool = False) -> str:
    """Hand a file to X and return its id; raises ``ChannelError``.

    ``shared`` is for one that is shown in more than one conversation.
    """
    if file.content_type not in CATEGORIES:
        raise ChannelError(CONTENT, f"X takes no {file.content_type or 'file without a type'}.")
    category, most = CATEGORIES[file.content_type]
    if len(file.data) > most:
        raise ChannelError(CONTENT, f"{category}: the file is too large")
    until = time.monotonic() + PATIENCE
    media = client.begin_upload(file.content_type, len(file.data), category, shared=shared)
    for number, start in enumerate(range(0, len(file.data), CHUNK)):
        if time.monotonic() > until:
            raise ChannelError(PROVIDER_FAILED, "X takes the file too slowly", after=1.0)
        client.append(media, number, file.data[start : start + CHUNK])
    _wait(client, media, client.finalize(media), until)
    return media


def _wait(client: "TwitterClient", media: str, state: dict[str, Any], until: float) -> None:
    while state and state.get("state") != "succeeded":
        if state.get("state") == "failed":
            words = (state.get("error") or {}).get("message", "X could not read the file")
            raise ChannelError(CONTENT, str(words)[:200])
        pause = float(state.get("check_after_secs") or 1)
        if time.monotonic() + pause > until:
            raise ChannelError(PROVIDER_FAILED, "X still looks at the file", after=pause)
        time.sleep(pause)
        state = client.upload_state(media)
