"""The content of an RTM message: from ``channels.rt`` of a request to what devices read."""

from typing import Any

import msgspec

from imiconnect.rtm.intake.answers import invalid, missing

MAX_TEXT = 10_000


class Attachment(msgspec.Struct, kw_only=True, rename="camel"):
    """A file of the message; ``file`` is its address."""

    file: str = ""
    url: str = ""
    content_type: str = ""
    size: int | str | None = None
    preview: str | None = None
    duration: float | None = None
    latitude: float | None = None
    longitude: float | None = None


class Text(msgspec.Struct, kw_only=True):
    """The message itself."""

    text: str = ""
    attachment: Attachment | list[Attachment] | None = None


class Content(msgspec.Struct, kw_only=True, rename="camel"):
    """Everything that a message may carry; objects that only devices read stay as they are."""

    message: Text | str | None = None
    notification: dict[str, Any] | None = None
    extras: dict[str, Any] | None = None
    category: str | None = None
    quick_replies: dict[str, Any] | None = None
    interactive_data: dict[str, Any] | None = None
    related_tid: str | None = None
    reply_to: str | None = None
    sender_id: str | None = None
    media: list[dict[str, Any]] | None = None


def normalized(value: Any, where: str) -> dict[str, Any]:
    """Return the payload of a message; raises ``Refusal`` 7003 when it says nothing."""
    try:
        content = msgspec.convert(value, Content)
    except msgspec.ValidationError as error:
        raise invalid(f"{where} is not as documented: {error}.") from None
    message = (
        Text(text=content.message) if isinstance(content.message, str) else content.message
    )
    payload: dict[str, Any] = {"message": message.text if message else ""}
    if len(payload["message"]) > MAX_TEXT:
        raise invalid(f"{where}.message.text is longer than {MAX_TEXT} characters.")
    media = _media(message) + (content.media or [])
    rest = msgspec.to_builtins(content)
    for name in ("message", "media"):
        rest.pop(name, None)
    payload |= {name: part for name, part in rest.items() if part is not None}
    if media:
        payload["media"] = media
    if not payload["message"] and not media and not content.interactive_data:
        raise missing(f"{where}.message.text")
    return payload


def _media(message: Text | None) -> list[dict[str, Any]]:
    if message is None or message.attachment is None:
        return []
    listed = (
        message.attachment if isinstance(message.attachment, list) else [message.attachment]
    )
    media = []
    for attachment in listed:
        if not attachment.file and not attachment.url:
            raise missing("message.attachment.file")
        parts = msgspec.to_builtins(attachment)
        parts["file"] = attachment.file or attachment.url
        parts.pop("url")
        media.append({name: part for name, part in parts.items() if part not in (None, "")})
    return media
