"""Pages of apps."""

from imiconnect.apps.views.acts import (
    DeleteApp,
    RegenerateClientKey,
    RevealClientKey,
    SetAppState,
)
from imiconnect.apps.views.lists import AppList, configure
from imiconnect.apps.views.manage import ManageApp

__all__ = [
    "AppList",
    "DeleteApp",
    "ManageApp",
    "RegenerateClientKey",
    "RevealClientKey",
    "SetAppState",
    "configure",
]
