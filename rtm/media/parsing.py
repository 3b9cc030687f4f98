"""What an upload is, by its contents: the name and the type that a client gives prove nothing.

Images are decoded whole by Pillow. Of other files the beginning must be that of their format
(ISO 32000-1, 7.5.2; ISO 14496-12, 4.3; RFC 3533; ID3v2.4, 3.1; RIFF WAVE; RFC 4867, 5.1).
"""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from imiconnect.apps.ports import NoRoom

MAX_IMAGE = 5 * 1024 * 1024
MAX_FILE = 16 * 1024 * 1024
#: Pixels of an image; a small file can hold a huge one.
MAX_PIXELS = 40_000_000
PREVIEW_SIDE = 320

_IMAGES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
#: Photographs of iPhones: known by their beginning alone, and shown by no page.
_OF_PHONES = frozenset({"image/heic", "image/heif"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"hevc"})
_TEXT_TYPES = frozenset({"text/plain", "text/csv"})
#: Bytes that a file may have, by every type that ``parse`` returns.
TAKEN = dict.fromkeys(_IMAGES.values(), MAX_IMAGE) | dict.fromkeys(
    (
        "image/heic", "application/pdf", "text/plain", "text/csv", "video/mp4",
        "video/quicktime", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/amr",
        "audio/x-caf",
    ),
    MAX_FILE,
)  # fmt: skip


class Refused(ValueError):
    """A file that is not taken; says why in a sentence. ``is_type``: its type is the reason."""

    def __init__(self, sentence: str, *, is_type: bool = False) -> None:
        """Keep the reason."""
        super().__init__(sentence)
        self.is_type = is_type


class Full(Refused, NoRoom):
    """The app keeps as much as its policy allows."""


@dataclass(frozen=True)
class Parsed:
    """A file that may be stored: its true type, and a preview where it is an image."""

    content_type: str
    preview: bytes = b""


def parse(data: bytes, said: str, *, with_preview: bool) -> Parsed:
    """Return what a file is; ``said`` is the type that the client gives. Raises ``Refused``."""
    if not data:
        raise Refused("The file is empty.")
    if said.startswith("image/") and said not in _OF_PHONES:
        return _image(data, with_preview=with_preview)
    if len(data) > MAX_FILE:
        raise Refused("The file is larger than 16 MB.")
    found = _by_beginning(data) or _text(data, said)
    if found is None:
        raise Refused("Files of this type are not taken.", is_type=True)
    return Parsed(found)


def _image(data: bytes, *, with_preview: bool) -> Parsed:
    if len(data) > MAX_IMAGE:
        raise Refused("The image is larger than 5 MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_IMAGES)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Refused("The image has too many pixels.")
                kind = _IMAGES[image.format or ""]
                image.load()
                return Parsed(kind, _preview(image) if with_preview else b"")
    except Refused:
        raise
    except Exception as error:
        raise Refused("The file is no image that can be read.", is_type=True) from error


def _preview(image: Image.Image) -> bytes:
    small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def _by_beginning(data: bytes) -> str | None:
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "image/heic"
    if data[4:8] == b"ftyp" and data[8:12] == b"qt  ":
        return "video/quicktime"
    if data.startswith(b"caff"):
        return "audio/x-caf"
    if data[4:8] == b"ftyp":
        return "audio/mp4" if data[8:11] == b"M4A" else "video/mp4"
    if data.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "audio/amr"
    if data.startswith(b"OggS"):
        return "audio/ogg"
    if data.startswith(b"ID3") or data[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "audio/wav"
    return None


def _text(data: bytes, said: str) -> str | None:
    kind = said.partition(";")[0].strip().lower()
    if kind not in _TEXT_TYPES or b"\0" in data:
        return None
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return kind
