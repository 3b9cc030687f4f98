"""What devices send, by REST or by MQTT: receipts (``deliveryupdate``), messages (``mo``), and
what has happened to them (``profileupdate``).

On the uplink topic the same body has an ``op``. Who sent it is what the topic or the keys
say, never what the body says.
"""

import uuid
from typing import Any

import msgspec

from imiconnect.rtm.protocol.depth import TOO_DEEP, is_too_deep

DELIVERED, READ, CLICKED = 2, 3, 4
MAX_TIDS = 500
MAX_TEXT = 10_000
MAX_REF = 64
MAX_PROFILE = 32 * 1024


class Wrong(Exception):
    """A body that cannot be used; says why in a sentence."""

    def __init__(self, sentence: str, *, is_missing: bool = False) -> None:
        """``is_missing``: something mandatory is not there."""
        super().__init__(sentence)
        self.sentence = sentence
        self.is_missing = is_missing


class DeliveryUpdate(msgspec.Struct, kw_only=True, rename="camel"):
    """Receipts: delivered and clicked name a tid, read names tids; either works for each."""

    status: int | str | None = None
    tid: str = ""
    tids: list[str] = []
    interactive_data: dict[str, Any] | None = None
    client_id: str = ""


class Mo(msgspec.Struct, kw_only=True, rename="camel"):
    """A message of a device."""

    message: str = ""
    thread: dict[str, Any] | None = None
    media: list[dict[str, Any]] = []
    extras: dict[str, Any] | None = None
    category: str | None = None
    related_tid: str | None = None
    interactive_data: dict[str, Any] | None = None
    reply_to: str | None = None
    #: The topic to which it is said, by name or id.
    topic: str | None = None
    #: The device's own name of the message: said again, it is stored once.
    client_ref: str = ""
    client_id: str = ""


class ProfileUpdate(msgspec.Struct, kw_only=True):
    """What a device tells of itself; ``event`` names what has happened, if anything has."""

    event: str = ""
    data: dict[str, Any] = {}

    @property
    def update(self) -> dict[str, Any]:
        """The documented inner part."""
        found = self.data.get("update") or {}
        return found if isinstance(found, dict) else {}


class Operation(msgspec.Struct):
    """The part of an uplink payload that says which of them it is."""

    op: str


_operation = msgspec.json.Decoder(Operation)
_update = msgspec.json.Decoder(DeliveryUpdate)
_mo = msgspec.json.Decoder(Mo)
_profile = msgspec.json.Decoder(ProfileUpdate)


def decode_update(raw: bytes) -> DeliveryUpdate:
    """Return the receipts in a body; raises ``Wrong``."""
    found: DeliveryUpdate = _decoded(_update, raw)
    return found


def decode_mo(raw: bytes) -> Mo:
    """Return the message in a body; raises ``Wrong``."""
    found: Mo = _decoded(_mo, raw)
    return found


def decode_profile(raw: bytes) -> ProfileUpdate:
    """Return what a device tells of itself in a body; raises ``Wrong``."""
    if len(raw) > MAX_PROFILE:
        raise Wrong("The body is larger than 32 KB.")
    found: ProfileUpdate = _decoded(_profile, raw)
    return found


def decode_operation(raw: bytes) -> str:
    """Return the ``op`` of an uplink payload; raises ``Wrong``."""
    found: str = _decoded(_operation, raw).op
    return found


def receipts(update: DeliveryUpdate) -> tuple[int, list[uuid.UUID], dict[str, Any]]:
    """Return kind, message ids and detail of an update; raises ``Wrong``."""
    if update.status is None:
        raise Wrong("status is missing.", is_missing=True)
    if str(update.status) not in ("2", "3", "4"):
        raise Wrong("status is not 2 (delivered), 3 (read) or 4 (clicked).")
    named = [update.tid, *update.tids] if update.tid else update.tids
    if not named:
        raise Wrong("tid is missing.", is_missing=True)
    if len(named) > MAX_TIDS:
        raise Wrong(f"tids has over {MAX_TIDS} entries.")
    try:
        tids = list(dict.fromkeys(uuid.UUID(tid) for tid in named))
    except ValueError:
        raise Wrong("tid is not the id of a message.") from None
    return int(update.status), tids, update.interactive_data or {}


def content(mo: Mo) -> dict[str, Any]:
    """Return the body of a message as it waits for the MO processor; raises ``Wrong``."""
    if not (mo.message or mo.media or mo.interactive_data):
        raise Wrong("message is missing.", is_missing=True)
    if len(mo.message) > MAX_TEXT:
        raise Wrong(f"message is longer than {MAX_TEXT} characters.")
    if len(mo.client_ref) > MAX_REF or not mo.client_ref.isprintable():
        raise Wrong(f"clientRef is longer than {MAX_REF} characters or not printable.")
    body: dict[str, Any] = {"message": mo.message}
    parts = {
        "thread": mo.thread,
        "media": mo.media or None,
        "extras": mo.extras,
        "category": mo.category,
        "relatedTid": mo.related_tid,
        "interactiveData": mo.interactive_data,
        "replyTo": mo.reply_to,
        "topic": mo.topic,
    }
    return body | {name: part for name, part in parts.items() if part is not None}


def _decoded(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    try:
        decoded = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Wrong(f"The body is not as documented: {error}.") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Wrong("The body is not valid JSON in UTF-8.") from None
    if is_too_deep(raw, msgspec.structs.asdict(decoded)):
        raise Wrong(TOO_DEEP)
    if b"\\u0000" in raw:
        raise Wrong("The body has the character U+0000, which no text may have.")
    return decoded
