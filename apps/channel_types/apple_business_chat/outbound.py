"""From a message's content to a body of Apple's gateway (messages sent); without I/O."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

#: Apple's own message extension.
BID = (
    "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:"
    "com.apple.icloud.apps.messages.business.extension"
)
#: Quick replies are two to five; other numbers are sent as a list to pick from.
FEWEST, MOST = 2, 5


def problem_of(payload: Mapping[str, Any]) -> Words:
    """Return why Apple would not take a message's content, or nothing."""
    media, options = payload.get("media") or [], _options(payload)
    if payload.get("template"):
        return _("Apple Business Chat has no templates.")
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


def body_of(
    tid: uuid.UUID, business: str, customer: str, payload: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the body for content that has no problem; its id is the message's own.

    Apple wants every address to be a rich link: a file's, and that of a text which is nothing
    but one.
    """
    text = str(payload.get("message", ""))
    envelope = {
        "v": 1,
        "id": str(tid),
        "sourceId": business,
        "destinationId": customer,
    }
    if options := _options(payload):
        return envelope | _choice(tid, text, options)
    if media := payload.get("media") or []:
        return envelope | _rich_link(text, media[0])
    if _is_link(text):
        return envelope | _rich_link("", {"file": text.strip()})
    return envelope | {"type": "text", "body": text}


def _choice(tid: uuid.UUID, text: str, options: list[Mapping[str, Any]]) -> dict[str, Any]:
    items = [{"identifier": _identifier(o), "title": str(o["title"])} for o in options]
    data: dict[str, Any] = {"version": "1.0", "requestIdentifier": str(tid)}
    told: dict[str, Any] = {"bid": BID, "data": data}
    if FEWEST <= len(items) <= MOST:
        data["quick-reply"] = {"summaryText": text, "items": items}
        return {"type": "interactive", "interactiveData": told}
    listed = [
        {**item, "order": place, "style": "default", "subtitle": str(o.get("description", ""))}
        for place, (item, o) in enumerate(zip(items, options, strict=True))
    ]
    section = {"title": text, "order": 0, "multipleSelection": False, "items": listed}
    data["listPicker"] = {"sections": [section]}
    told["receivedMessage"] = {"title": text, "style": "small"}
    told["replyMessage"] = {"title": text, "style": "small"}
    return {"type": "interactive", "interactiveData": told}


def _rich_link(text: str, item: Mapping[str, Any]) -> dict[str, Any]:
    url, mime = str(item["file"]), str(item.get("contentType", ""))
    is_video = mime.split("/")[0] == "video"
    assets = {"video": {"url": url, "mimeType": mime if "/" in mime else "video/mp4"}}
    data = {
        "url": url,
        "title": text or urlsplit(url).hostname or url,
        "assets": assets if is_video else {},
    }
    return {"type": "richLink", "richLinkData": data}


def _is_link(text: str) -> bool:
    words = text.split()
    return len(words) == 1 and words[0].startswith(("https://", "http://"))


def _identifier(option: Mapping[str, Any]) -> str:
    return str(option.get("payload") or option.get("title", ""))


def _options(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((payload.get("quickReplies") or {}).get("options") or [])
