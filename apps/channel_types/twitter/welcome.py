"""The welcome screen: told to X first, then kept."""

from typing import Any

from django.core.exceptions import ValidationError

from imiconnect.apps import services
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.twitter.config import QuickReply, checked_config
from imiconnect.apps.channel_types.twitter.handler import TwitterHandler, client_of
from imiconnect.apps.channel_types.twitter.outbound import options_of
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App


def save_welcome(*, app: App, **changes: Any) -> App:
    """Change the welcome screen, at X and here; not inside a transaction.

    Raises ``ValidationError`` by field, or with what X said; then nothing is kept here.
    """
    config = checked_config({**app.config, **changes})
    try:
        client = client_of(account_of(app, TwitterHandler()))
        if config["welcome"]:
            client.set_welcome(message_data(config))
        elif app.config.get("welcome"):
            client.drop_welcome()
    except ChannelError as error:
        raise ValidationError(f"{error.outcome.words} {error.detail}".strip()) from error
    return services.update_app(app=app, changes={name: config[name] for name in changes})


def message_data(config: dict[str, Any]) -> dict[str, Any]:
    """Return the welcome message as X takes it; the attachment goes as its address."""
    parts = [config["welcome"]]
    if config["attachment_type"]:
        parts.append(config["attachment_url"])
    data: dict[str, Any] = {"text": "\n".join(parts)}
    replies = [QuickReply(**reply) for reply in config["quick_replies"]]
    return data | ({"quick_reply": options_of(replies)} if replies else {})
