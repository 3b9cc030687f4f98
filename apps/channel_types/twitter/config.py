"""What an app of a Twitter account is configured with, and the limits of its welcome screen.

Limits: facts/twitter.md, section 5.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_WELCOME, MAX_OPTIONS, MAX_LABEL, MAX_DESCRIPTION, MAX_METADATA = 9_990, 20, 36, 72, 1_000
ATTACHMENTS = {"": _("None"), "image": _("Image"), "gif": _("GIF"), "video": _("Video")}
_URL = re.compile(r"https?://[^\s/]+\S*")


class QuickReply(msgspec.Struct, frozen=True):
    """A button below the welcome message; ``metadata`` comes back when it is pressed."""

    label: str
    description: str = ""
    metadata: str = ""


class TwitterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and what is shown when somebody opens a conversation with it."""

    user_id: str
    handle: str = ""
    account_name: str = ""
    welcome: str = ""
    attachment_type: str = ""
    attachment_url: str = ""
    quick_replies: list[QuickReply] = []


class TwitterSecrets(msgspec.Struct, frozen=True):
    """The token of the account and its secret."""

    access_token: str
    access_secret: str


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration normalized, or raise a sentence for each field."""
    try:
        found = msgspec.convert(config, TwitterConfig)
    except msgspec.ValidationError as error:
        raise ValidationError(
            _("The configuration is not as documented: %s.") % error
        ) from None
    problems: dict[str, Any] = {}
    if not re.fullmatch(r"[0-9]{1,20}", found.user_id):
        problems["user_id"] = [_("The id of the account must be digits.")]
    if len(found.welcome) > MAX_WELCOME:
        problems["welcome"] = [_("Welcome message must be 9,990 characters or fewer.")]
    if found.attachment_type not in ATTACHMENTS:
        problems["attachment_type"] = [_("Select the attachment type.")]
    if found.attachment_type and not _URL.fullmatch(found.attachment_url):
        problems["attachment_url"] = [_("Enter the URL of the attachment, with https://.")]
    if (found.quick_replies or found.attachment_type) and not found.welcome.strip():
        problems["welcome"] = [_("Enter the welcome message.")]
    if problem := _replies_problem(found.quick_replies):
        problems["quick_replies"] = [problem]
    if problems:
        raise ValidationError(problems)
    normal: dict[str, Any] = msgspec.to_builtins(found)
    return normal


def _replies_problem(replies: list[QuickReply]) -> Any:
    if len(replies) > MAX_OPTIONS:
        return _("Quick replies must be 20 or fewer.")
    if len({bool(reply.description) for reply in replies}) > 1:
        return _("Describe all quick replies, or none.")
    for reply in replies:
        if problem := reply_problem(reply):
            return problem
    return ""


def reply_problem(reply: QuickReply) -> Any:
    """Return what is wrong with one quick reply, or nothing."""
    if not reply.label.strip():
        return _("Enter the label.")
    if len(reply.label) > MAX_LABEL or "://" in reply.label:
        return _("The label must be 36 characters or fewer, without a URL.")
    if len(reply.description) > MAX_DESCRIPTION:
        return _("The description must be 72 characters or fewer.")
    if len(reply.metadata) > MAX_METADATA:
        return _("The metadata must be 1,000 characters or fewer.")
    return ""


def checked_secrets(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the credentials, or raise a sentence."""
    names = ("access_token", "access_secret")
    found = {name: str(secrets.get(name, "")).strip() for name in names}
    missing = [name for name, value in found.items() if not value]
    if missing:
        sentence = _("Add a Twitter account to get its token.")
        raise ValidationError({name: [sentence] for name in missing})
    return found


def user_of(config: Mapping[str, Any]) -> str:
    """Return the account that a configuration names."""
    return str(config.get("user_id", ""))
