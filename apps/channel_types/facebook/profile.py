"""A page's Messenger profile: told to Meta first, then kept; the two never differ for long."""

from typing import Any

from django.core.exceptions import ValidationError

from imiconnect.apps import services
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.facebook.client import GraphClient
from imiconnect.apps.channel_types.facebook.config import (
    OPEN_URL,
    MenuItem,
    PageConfig,
    PageSecrets,
    checked_config,
)
from imiconnect.apps.channel_types.facebook.handler import FacebookHandler, graph
from imiconnect.apps.channel_types.handler import Account
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App


def page_account(app: App) -> Account[PageConfig, PageSecrets]:
    """Return an app of a page with its typed configuration."""
    return account_of(app, FacebookHandler())


def save_profile(*, app: App, **changes: Any) -> App:
    """Change greeting, button, menu or sites, at Meta and here; not inside a transaction.

    Raises ``ValidationError`` by field, or with what Meta said; then nothing is kept here.
    """
    config = checked_config({**app.config, **changes})
    try:
        account = page_account(app)
        _tell(graph(), account, config, set(changes))
    except ChannelError as error:
        raise ValidationError(f"{error.outcome.words} {error.detail}".strip()) from error
    return services.update_app(app=app, changes={name: config[name] for name in changes})


def _tell(
    client: GraphClient,
    account: Account[PageConfig, PageSecrets],
    config: dict[str, Any],
    changed: set[str],
) -> None:
    """Set what is there and delete what is not: the menu before the button, as Meta wants."""
    parts = {name: part for name, part in profile(config).items() if _SOURCE[name] in changed}
    token = account.secrets.page_token
    wanted = {name: part for name, part in parts.items() if part}
    if wanted:
        client.set_profile(token, wanted)
    gone = [name for name in _GONE_IN_ORDER if name in parts and not parts[name]]
    if gone:
        client.delete_profile(token, *gone)


_GONE_IN_ORDER = ("persistent_menu", "get_started", "greeting", "whitelisted_domains")
#: The property of the profile, and the part of the configuration that makes it.
_SOURCE = {
    "greeting": "greeting",
    "get_started": "get_started",
    "persistent_menu": "menu",
    "whitelisted_domains": "domains",
}


def profile(config: dict[str, Any]) -> dict[str, Any]:
    """Return the Messenger profile of a configuration (facts/facebook.md, section 6)."""
    greeting, payload = config["greeting"], config["get_started"]
    menu = [_action(MenuItem(**item)) for item in config["menu"]]
    return {
        "greeting": [{"locale": "default", "text": greeting}] if greeting else None,
        "get_started": {"payload": payload} if payload else None,
        "persistent_menu": [
            {"locale": "default", "composer_input_disabled": False, "call_to_actions": menu}
        ]
        if menu
        else None,
        "whitelisted_domains": config["domains"] or None,
    }


def _action(item: MenuItem) -> dict[str, str]:
    action = {"type": item.type, "title": item.title}
    if item.type == OPEN_URL:
        return action | {"url": item.value, "webview_height_ratio": "full"}
    return action | {"payload": item.value}
