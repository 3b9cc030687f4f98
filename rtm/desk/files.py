"""Files of an agent's answer: which ones a conversation's channel takes, and how it sends them.

What is said before a file is chosen, what is checked when it comes, and what is sent follow
from the same numbers: those of the platform's storage, and those of the channel's handler.
"""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.files import Takes
from imiconnect.console.words import Words
from imiconnect.rtm.media import addresses, parsing
from imiconnect.rtm.media import services as storage
from imiconnect.rtm.models import MediaFile, Thread

#: Files of one answer, and their bytes together: a request to a page has at most 24 MB.
MOST_FILES, MOST_BYTES = 5, 20 * 1024 * 1024
_LONGEST_NAME = 200
_TYPES = {
    "image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP",
    "image/heic": "HEIC", "application/pdf": "PDF", "text/plain": _("text"), "text/csv": "CSV",
    "video/mp4": "MP4", "video/quicktime": "QuickTime", "audio/mpeg": "MP3",
    "audio/mp4": "M4A", "audio/ogg": "Ogg", "audio/wav": "WAV", "audio/amr": "AMR",
    "audio/x-caf": "CAF",
}  # fmt: skip


@dataclass(frozen=True)
class Attached:
    """A file as it was sent with a form: nothing of it is believed yet."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Checked:
    """A file that the channel of a conversation takes."""

    name: str
    data: bytes
    parsed: parsing.Parsed


@dataclass(frozen=True)
class Limits:
    """What a conversation takes: bytes by MIME type; ``beside_text`` in one message with text.

    ``in_one`` tells that one message has all files, as only devices of ours have it.
    """

    channel: Words
    sizes: Mapping[str, int]
    beside_text: bool = True
    in_one: bool = True

    @property
    def words(self) -> str:
        """Say it to who is about to choose."""
        groups: dict[int, list[str]] = {}
        for kind, most in self.sizes.items():
            groups.setdefault(most, []).append(str(_TYPES[kind]))
        listed = "; ".join(
            _("{types} up to {size}").format(types=", ".join(types), size=filesizeformat(most))
            for most, types in sorted(groups.items())
        )
        total = _("Up to {count} files, {size} together.").format(
            count=MOST_FILES, size=filesizeformat(MOST_BYTES)
        )
        return f"{listed}. {total}"


def limits_of(thread: Thread) -> Limits:
    """Return what the channel of a conversation takes, of what this platform can keep."""
    kind = registry.get(thread.app.channel_type)
    handler = registry.handler(kind.slug)
    if not kind.request or handler is None:
        return Limits(kind.name, parsing.TAKEN)
    sizes = _both(handler.takes)
    return Limits(kind.name, sizes, handler.takes.beside_text, in_one=False)


def checked(limits: Limits, files: Sequence[Attached]) -> list[Checked]:
    """Return the files, read; raises ``ValidationError`` with a sentence for each bad one."""
    problems: list[Words] = []
    if len(files) > MOST_FILES:
        problems.append(_("Send at most 5 files with one answer."))
    elif sum(len(file.data) for file in files) > MOST_BYTES:
        problems.append(_("The files have more than 20 MB together. Send some with the next."))
    found: list[Checked] = []
    for file in files if not problems else ():
        try:
            found.append(_checked(limits, file))
        except parsing.Refused as refused:
            problems.append(f"{file.name[:_LONGEST_NAME]}: {refused}")
    if problems:
        raise ValidationError({"files": problems})
    return found


def kept(thread: Thread, files: Sequence[Checked]) -> list[MediaFile]:
    """Store files as those of the conversation's user, to be erased with them.

    Raises ``ValidationError`` where the app's storage is full; then none is stored.
    """
    rows: list[MediaFile] = []
    try:
        for file in files:
            stored = storage.keep(
                app=thread.app, user_id=thread.user_id, data=file.data, parsed=file.parsed
            )
            rows.append(stored)
    except parsing.Full as full:
        storage.discard(rows)
        raise ValidationError({"files": [str(full)]}) from None
    return rows


def contents(
    limits: Limits, text: str, by: str, files: Sequence[tuple[Checked, MediaFile]]
) -> list[dict[str, Any]]:
    """Return what the messages of an answer hold, as the messaging API takes it."""
    if limits.in_one:
        media = [_described(file, row) for file, row in files]
        said = {"message": {"text": text}, "senderId": by}
        return [said | ({"media": media} if media else {})]
    attached = [{"attachment": _attachment(file, row)} for file, row in files]
    if not text:
        return attached
    if attached and limits.beside_text:
        return [{"text": text} | attached[0], *attached[1:]]
    return [{"text": text}, *attached]


def _both(takes: Takes) -> dict[str, int]:
    found = {kind: min(most, takes.most(kind)) for kind, most in parsing.TAKEN.items()}
    return {kind: most for kind, most in found.items() if most}


def _checked(limits: Limits, file: Attached) -> Checked:
    guessed = mimetypes.guess_type(file.name)[0] or ""
    said = guessed if guessed in parsing.TAKEN else file.content_type
    parsed = parsing.parse(file.data, said, with_preview=True)
    most = limits.sizes.get(parsed.content_type, 0)
    if not most:
        sentence = _("{channel} takes no file of this type.").format(channel=limits.channel)
        raise parsing.Refused(sentence, is_type=True)
    if len(file.data) > most:
        size = filesizeformat(most)
        sentence = _("{channel} takes at most {size} of a file of this type.").format(
            channel=limits.channel, size=size
        )
        raise parsing.Refused(sentence)
    return Checked(file.name[:_LONGEST_NAME], file.data, parsed)


def _described(file: Checked, row: MediaFile) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "file": _url(row),
        "mediaId": str(row.pk),
        "contentType": row.content_type,
        "size": row.size,
        "name": file.name,
    }
    return parts | ({"preview": _url(row, preview=True)} if row.has_preview else {})


def _attachment(file: Checked, row: MediaFile) -> dict[str, Any]:
    family = row.content_type.partition("/")[0]
    return {
        "type": family if family in ("image", "audio", "video") else "file",
        "contentType": row.content_type,
        "payload": {"url": _url(row), "name": file.name},
    }


def _url(row: MediaFile, *, preview: bool = False) -> str:
    path = addresses.address(row.app.app_id, row.pk, preview=preview)
    return f"{settings.PUBLIC_URL}{path}"
