"""Rows of channel assets: apps, their keys, health, and what providers have told."""

from imiconnect.apps.models.app import App, ClientKey, new_app_id
from imiconnect.apps.models.authorization import Authorization
from imiconnect.apps.models.health import AppExpiry, AppHealth, PushHealth
from imiconnect.apps.models.hooks import HookEvent

__all__ = [
    "App",
    "AppExpiry",
    "AppHealth",
    "Authorization",
    "ClientKey",
    "HookEvent",
    "PushHealth",
    "new_app_id",
]
