"""From an app to what its handler needs, and back to words that show no secret."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.urls import reverse

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import CREDENTIALS, ChannelError
from imiconnect.apps.channel_types.handler import Account, Handler
from imiconnect.apps.models import App
from imiconnect.keys import masked

#: Shorter values are no secrets, and would be found in every second word.
_SHORTEST_SECRET = 6


def secrets_of(app: App) -> dict[str, str]:
    """Return the credentials of an app by name."""
    found: dict[str, str] = json.loads(app.secrets) if app.secrets else {}
    return found


def as_stored(secrets: Mapping[str, str]) -> str:
    """Return credentials as ``App.secrets`` keeps them."""
    return json.dumps(dict(secrets)) if secrets else ""


def masked_secrets(app: App) -> list[tuple[Any, str, str]]:
    """Return label, name and masked value of each credential that the app has."""
    labels = registry.get(app.channel_type).secret_labels
    kept = secrets_of(app)
    return [
        (label, name, masked(kept[name])) for name, label in labels.items() if kept.get(name)
    ]


def handler_of(app: App, medium: str = "") -> Handler[Any, Any] | None:
    """Return the handler of an app for a medium, its type's own one unless named."""
    return registry.handler(app.channel_type, medium)


def account_of(app: App, handler: Handler[Any, Any]) -> Account[Any, Any]:
    """Return an app as its handler sees it.

    Raises ``ChannelError`` when what is stored is not what the handler needs.
    """
    try:
        config = msgspec.convert(app.config, handler.config_class, strict=False)
        secrets = msgspec.convert(secrets_of(app), handler.secrets_class)
    except msgspec.ValidationError as error:
        raise ChannelError(CREDENTIALS, str(error)) from None
    return Account(
        app_id=app.app_id,
        name=app.name,
        account=app.account,
        config=config,
        secrets=secrets,
        hook_url=hook_url(app.channel_type, app.app_id),
        shared_hook_url=hook_url(app.channel_type),
    )


def hook_url(channel_type: str, app_id: str = "") -> str:
    """Return where a provider calls: for one app, or for all apps of the type."""
    names = [channel_type, app_id] if app_id else [channel_type]
    return settings.PUBLIC_URL + reverse(
        "apps:hook" if app_id else "apps:shared_hook", args=names
    )


def redacted(text: str, secrets: Mapping[str, Any]) -> str:
    """Return ``text`` with every secret in it masked, however deep it lies in ``secrets``."""
    for value in sorted(_texts(secrets), key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "…")
    return text


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    parts = value.values() if isinstance(value, Mapping) else value
    if not isinstance(parts, Iterable):
        return set()
    return {text for part in parts for text in _texts(part)}
