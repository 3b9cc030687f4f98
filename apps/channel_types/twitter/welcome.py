"""The welcome screen: told to X first, then kept."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from imiconnect.apps import services
from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.twitter import media as uploads
from imiconnect.apps.channel_types.twitter.client import TwitterClient
from imiconnect.apps.channel_types.twitter.config import QuickReply, checked_config
from imiconnect.apps.channel_types.twitter.handler import TwitterHandler, client_of
from imiconnect.apps.channel_types.twitter.outbound import options_of
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App

#: Bytes of an attachment that are read: what X takes, and some more that go as their address.
_MOST_READ = 2 * uploads.LARGEST


def save_welcome(*, app: App, **changes: Any) -> App:
    """Change the welcome screen, at X and here; not inside a transaction.

    Raises ``ValidationError`` by field, or with what X said; then nothing is kept here.
    """
    config = checked_config({**app.config, **changes})
    try:
        client = client_of(account_of(app, TwitterHandler()))
        if config["welcome"]:
            media = _uploaded(client, config)
            client.set_welcome(message_data(config, media))
        elif app.config.get("welcome"):
            client.drop_welcome()
    except ChannelError as error:
        raise ValidationError(f"{error.outcome.words} {error.detail}".strip()) from error
    return services.update_app(app=app, changes={name: config[name] for name in changes})


def _uploaded(client: TwitterClient, config: dict[str, Any]) -> str:
    """Hand the attachment to X and return X's id; empty for none, or one that X does not take.

    Raises ``ValidationError`` when it cannot be read: its address would lead customers nowhere.
    """
    if not config["attachment_type"]:
        return ""
    try:
        file = http.file_at(config["attachment_url"], most=_MOST_READ)
    except ChannelError as error:
        words = _("The file could not be read: %s") % error.detail
        raise ValidationError({"attachment_url": [words]}) from error
    return uploads.upload(client, file, shared=True) if uploads.is_taken(file) else ""


def message_data(config: dict[str, Any], media: str = "") -> dict[str, Any]:
    """Return the welcome message as X takes it.

    ``media`` is X's id of the attachment; one without goes as its address.
    """
    parts = [config["welcome"]]
    if config["attachment_type"] and not media:
        parts.append(config["attachment_url"])
    data: dict[str, Any] = {"text": "\n".join(parts)}
    if media:
        data["attachment"] = {"type": "media", "media": {"id": media}}
    replies = [QuickReply(**reply) for reply in config["quick_replies"]]
    return data | ({"quick_reply": options_of(replies)} if replies else {})
