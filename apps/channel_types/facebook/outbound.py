"""From a normalized message to the body of the Send API (facts/facebook.md, section 5)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.facebook.inbound import USER_REF
from imiconnect.apps.channel_types.files import MB
from imiconnect.console.words import Words

MAX_TEXT, MAX_REPLIES, MAX_LABEL, MAX_PAYLOAD = 2000, 13, 20, 1000
#: The window after the customer's last act, and the longer one for answers by a person.
WINDOW, HUMAN_WINDOW = dt.timedelta(hours=24), dt.timedelta(days=7)
HUMAN_AGENT, UTILITY = "HUMAN_AGENT", "UTILITY"
#: Refused by Meta since 27 April 2026; utility templates replace them.
GONE_TAGS = ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE")
_KINDS = ("image", "audio", "video", "file")
#: Meta's documentation of attachments: 8 MB for an image, 25 MB for anything else.
FILE_SIZES = {
    "image/jpeg": 8 * MB,
    "image/png": 8 * MB,
    "image/gif": 8 * MB,
    "audio/*": 25 * MB,
    "video/*": 25 * MB,
    "application/*": 25 * MB,
    "text/*": 25 * MB,
}


def problem_of(payload: Mapping[str, Any]) -> Words:
    """Return why Messenger would not take this content, or nothing."""
    text, media = payload.get("message", ""), payload.get("media", [])
    template = payload.get("template")
    if bool(text) + len(media) + bool(template) != 1:
        return _("Messenger takes one text, one attachment or one template in a message.")
    if len(text) > MAX_TEXT:
        return _("The text is longer than 2,000 characters.")
    if media and _kind(media[0]) not in _KINDS:
        return _("The attachment must be an image, audio, video or file.")
    return _reply_problem(payload) or _tag_problem(payload.get("tag", ""))


def _reply_problem(payload: Mapping[str, Any]) -> Words:
    options = payload.get("quickReplies", {}).get("options", [])
    if len(options) > MAX_REPLIES:
        return _("Messenger takes 13 quick replies at most.")
    for option in options:
        if not 1 <= len(option.get("title", "")) <= MAX_LABEL:
            return _("The label of a quick reply must have 1 to 20 characters.")
        if len(option.get("payload", "")) > MAX_PAYLOAD:
            return _("The metadata of a quick reply must be 1,000 characters or fewer.")
    return ""


def _tag_problem(tag: str) -> Words:
    if tag in GONE_TAGS:
        return _("Meta has withdrawn this message tag; use a utility template instead.")
    if tag not in ("", HUMAN_AGENT, UTILITY):
        return _("The tag is not one of Messenger's.")
    return ""


def window_of(payload: Mapping[str, Any]) -> dt.timedelta | None:
    """Return how long after the customer's last act this may be sent; None for always."""
    tag = payload.get("tag", "")
    if tag == UTILITY:
        return None
    return HUMAN_WINDOW if tag == HUMAN_AGENT else WINDOW


def is_reference(address: str, address_type: str) -> bool:
    """Tell whether an address is a ticked checkbox and no person."""
    return address.startswith(USER_REF) or address_type == "user_ref"


def body_of(address: str, address_type: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the call."""
    kind = "user_ref" if is_reference(address, address_type) else "id"
    recipient = {kind: address.removeprefix(USER_REF)}
    body: dict[str, Any] = {"recipient": recipient, "messaging_type": "RESPONSE"}
    tag = payload.get("tag", "")
    if tag == UTILITY:
        body["messaging_type"] = UTILITY
    elif tag:
        body |= {"messaging_type": "MESSAGE_TAG", "tag": tag}
    return body | {"message": _message(payload)}


def _message(payload: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    if payload.get("message"):
        message["text"] = payload["message"]
    elif payload.get("template"):
        message["attachment"] = {"type": "template", "payload": payload["template"]}
    else:
        part = payload["media"][0]
        message["attachment"] = {
            "type": _kind(part),
            "payload": {"url": part["file"], "is_reusable": True},
        }
    replies = [
        {
            "content_type": "text",
            "title": option["title"],
            "payload": option.get("payload") or option["title"],
        }
        for option in payload.get("quickReplies", {}).get("options", [])
    ]
    return message | ({"quick_replies": replies} if replies else {})


def _kind(part: Mapping[str, Any]) -> str:
    """Return Messenger's word for a file: from ``image`` or ``image/png``."""
    kind = str(part.get("contentType") or "file").partition("/")[0].lower()
    return "file" if kind in ("application", "text") else kind
