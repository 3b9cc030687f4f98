"""From a message's content to a direct message (facts/twitter.md, sections 4 and 5)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.twitter.config import (
    MAX_OPTIONS,
    QuickReply,
    reply_problem,
)
from imiconnect.apps.channel_types.twitter.media import CATEGORIES
from imiconnect.console.words import Words

MAX_TEXT = 10_000
#: Words of a request for what X takes; its type is then what the file's server says.
_KINDS = ("image", "video", "gif", "media")


def problem_of(payload: Mapping[str, Any]) -> Words:
    """Return why X would not take a message's content, or nothing."""
    if payload.get("template"):
        return _("Twitter has no templates.")
    if len(payload.get("media") or []) > 1:
        return _("a direct message has one attachment.")
    if len(text_of(payload)) > MAX_TEXT:
        return _("a direct message has at most 10,000 characters.")
    options = replies_of(payload)
    if len(options) > MAX_OPTIONS:
        return _("a direct message has at most 20 quick replies.")
    if len({bool(option.description) for option in options}) > 1:
        return _("describe all quick replies, or none.")
    return next((problem for o in options if (problem := reply_problem(o))), "")


def text_of(payload: Mapping[str, Any]) -> str:
    """Return the text; a file of a kind that X does not take goes as its address."""
    text = str(payload.get("message", ""))
    media = payload.get("media") or []
    links = [str(m["file"]) for m in media if not m.get("id") and not _is_uploaded(m)]
    return "\n".join(part for part in (text, *links) if part)


def media_of(payload: Mapping[str, Any]) -> str:
    """Return X's id of a file that the sender has uploaded, if the message has one."""
    return next((str(m["id"]) for m in payload.get("media") or [] if m.get("id")), "")


def file_of(payload: Mapping[str, Any]) -> str:
    """Return the address of a file that is to be uploaded to X; empty where there is none."""
    media = payload.get("media") or []
    return next((str(m["file"]) for m in media if not m.get("id") and _is_uploaded(m)), "")


def _is_uploaded(item: Mapping[str, Any]) -> bool:
    kind = str(item.get("contentType", ""))
    return kind in _KINDS or kind in CATEGORIES


def replies_of(payload: Mapping[str, Any]) -> list[QuickReply]:
    """Return the quick replies."""
    listed = (payload.get("quickReplies") or {}).get("options") or []
    return [
        QuickReply(str(o["title"]), str(o.get("description", "")), str(o.get("payload", "")))
        for o in listed
    ]


def options_of(replies: list[QuickReply]) -> dict[str, Any]:
    """Return ``quick_reply`` of version 1.1."""
    options = []
    for reply in replies:
        option = {"label": reply.label, "metadata": reply.metadata or reply.label}
        options.append(
            option | ({"description": reply.description} if reply.description else {})
        )
    return {"type": "options", "options": options}
