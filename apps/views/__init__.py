"""Pages of apps."""

from imiconnect.apps.views.acts import (
    DeleteApp,
    RegenerateClientKey,
    RevealClientKey,
    SetAppState,
)
from imiconnect.apps.views.connection import (
    Authorized,
    BeginLogin,
    CheckApp,
    Prerequisites,
    Reconnect,
    RevealCredential,
)
from imiconnect.apps.views.hooks import Hook
from imiconnect.apps.views.lists import AppList, configure
from imiconnect.apps.views.manage import ManageApp

__all__ = [
    "AppList",
    "Authorized",
    "BeginLogin",
    "CheckApp",
    "DeleteApp",
    "Hook",
    "ManageApp",
    "Prerequisites",
    "Reconnect",
    "RegenerateClientKey",
    "RevealClientKey",
    "RevealCredential",
    "SetAppState",
    "configure",
]
