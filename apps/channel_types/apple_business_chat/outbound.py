"""From a message's content to a body of Apple's gateway (messages sent); without I/O."""

import json
import mimetypes
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.apple_business_chat import pickers
from imiconnect.console.words import Words

#: Apple's own message extension.
BID = (
    "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:"
    "com.apple.icloud.apps.messages.business.extension"
)
#: Quick replies are two to five; other numbers are sent as a list to pick from.
FEWEST, MOST = 2, 5
#: Bytes of interactive data; what is more goes by reference.
MAX_INTERACTIVE = 10 * 1024
#: Marks the place of an attachment in a text.
PLACE = "\ufffc"
#: What is a page, and linked to; everything else is a file, and uploaded.
_PAGES = ("link", "text/html")


def problem_of(payload: Mapping[str, Any]) -> Words:
    """Return why Apple would not take a message's content, or nothing."""
    media, options = payload.get("media") or [], _options(payload)
    if template := payload.get("template"):
        return pickers.problem_of(template)
    if any(not item.get("file") for item in media):
        return _("a file is sent to Apple by its address.")
    if media and options:
        return _("Apple sends quick replies without a file.")
    if any(not option.get("title") for option in options):
        return _("each quick reply needs a label.")
    names = [_identifier(option) for option in options]
    if len(set(names)) < len(names):
        return _("the quick replies must differ.")
    return ""


def file_of(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the file that is to be uploaded; None where there is none, or a page to link."""
    media = payload.get("media") or []
    if not media or str(media[0].get("contentType", "")) in _PAGES:
        return None
    found: Mapping[str, Any] = media[0]
    return found


def attachment_of(item: Mapping[str, Any], kind: str, size: int, **kept: str) -> dict[str, Any]:
    """Return an attachment; ``kind`` is its MIME type, ``kept`` where Apple has it."""
    name = urlsplit(str(item["file"])).path.rpartition("/")[2]
    extension = mimetypes.guess_extension(kind) or ""
    return {
        "name": str(item.get("name") or name or f"file{extension}")[:200],
        "mimeType": kind,
        "size": str(size),
        "key": kept["key"],
        "url": kept["url"],
        "owner": kept["owner"],
        "signature-base64": kept["checksum"],
    }


def capability_of(payload: Mapping[str, Any]) -> str:
    """Return what a phone must be able to show for it, by Apple's word; empty for nothing."""
    if template := payload.get("template"):
        return pickers.capability_of(template)
    count = len(_options(payload))
    return "" if not count else "QUICK" if FEWEST <= count <= MOST else "LIST"


def in_words(payload: Mapping[str, Any]) -> str:
    """Return what there is to choose as a numbered text; empty for a form, which is no list."""
    if template := payload.get("template"):
        title, words = pickers.words_of(template)
    else:
        title = str(payload.get("message", ""))
        words = [str(option["title"]) for option in _options(payload)]
    if not words:
        return ""
    return "\n".join([title, *(f"{place}. {text}" for place, text in enumerate(words, 1))])


def too_large(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the interactive data of a message that has to go by reference, or None."""
    data: Mapping[str, Any] | None = body.get("interactiveData")
    if data is None or len(json.dumps(data).encode()) <= MAX_INTERACTIVE:
        return None
    return data


def by_reference(
    body: Mapping[str, Any], size: int, *, key: str, url: str, owner: str, checksum: str
) -> dict[str, Any]:
    """Return a message with the place of its interactive data instead of the data itself."""
    data = body["interactiveData"]
    told = data.get("receivedMessage") or {}
    reference = {
        "bid": data["bid"],
        "title": str(told.get("title", "")),
        "url": url,
        "owner": owner,
        "key": key,
        "size": str(size),
        "signature-base64": checksum,
    }
    rest = {name: value for name, value in body.items() if name != "interactiveData"}
    return rest | {"interactiveDataRef": reference}


def body_of(
    tid: uuid.UUID,
    business: str,
    customer: str,
    payload: Mapping[str, Any],
    attachment: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body for content that has no problem; its id is the message's own.

    ``attachment`` is the file that was uploaded for it. Apple wants every address of a page
    to be a rich link: one that is sent as such, and that of a text which is nothing but one.
    """
    text = str(payload.get("message", ""))
    envelope = {
        "v": 1,
        "id": str(tid),
        "sourceId": business,
        "destinationId": customer,
    }
    if template := payload.get("template"):
        data, told = pickers.data_of(template)
        return envelope | _interactive(tid, data, told)
    if attachment is not None:
        place = f"{text} {PLACE}".strip()
        return envelope | {"type": "text", "body": place, "attachments": [attachment]}
    if options := _options(payload):
        return envelope | _choice(tid, text, options)
    if media := payload.get("media") or []:
        return envelope | _rich_link(text, media[0])
    if _is_link(text):
        return envelope | _rich_link("", {"file": text.strip()})
    return envelope | {"type": "text", "body": text}


def _choice(tid: uuid.UUID, text: str, options: list[Mapping[str, Any]]) -> dict[str, Any]:
    items = [{"identifier": _identifier(o), "title": str(o["title"])} for o in options]
    if FEWEST <= len(items) <= MOST:
        return _interactive(tid, {"quick-reply": {"summaryText": text, "items": items}}, {})
    listed = [
        {**item, "order": place, "style": "default", "subtitle": str(o.get("description", ""))}
        for place, (item, o) in enumerate(zip(items, options, strict=True))
    ]
    section = {"title": text, "order": 0, "multipleSelection": False, "items": listed}
    message = {"title": text, "style": "small"}
    told = {"receivedMessage": message, "replyMessage": message}
    return _interactive(tid, {"listPicker": {"sections": [section]}}, told)


def _interactive(tid: uuid.UUID, data: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    common = {"version": "1.0", "requestIdentifier": str(tid)}
    return {
        "type": "interactive",
        "interactiveData": {"bid": BID, "data": common | data} | told,
    }


def _rich_link(text: str, item: Mapping[str, Any]) -> dict[str, Any]:
    url = str(item["file"])
    data = {"url": url, "title": text or urlsplit(url).hostname or url, "assets": {}}
    return {"type": "richLink", "richLinkData": data}


def _is_link(text: str) -> bool:
    words = text.split()
    return len(words) == 1 and words[0].startswith(("https://", "http://"))


def _identifier(option: Mapping[str, Any]) -> str:
    return str(option.get("payload") or option.get("title", ""))


def _options(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((payload.get("quickReplies") or {}).get("options") or [])
