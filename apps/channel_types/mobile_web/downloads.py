"""The SDK configuration files of an app, one for each system that an SDK is for."""

import json
import plistlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from imiconnect.apps.models import App
from imiconnect.apps.push.credentials import Platform, WebPush
from imiconnect.apps.push.services import credentials_of


@dataclass(frozen=True)
class Download:
    """A file to give out."""

    name: str
    content_type: str
    content: bytes


def _values(app: App, client_key: str) -> dict[str, Any]:
    return {
        "appId": app.app_id,
        "clientKey": client_key,
        "environment": settings.PUBLIC_URL,
        "serverDomain": urlsplit(settings.PUBLIC_URL).netloc,
    }


def _android(app: App, client_key: str) -> Download:
    values = _values(app, client_key) | {"allowUnencryptedDatabaseFallback": "false"}
    lines = [f"{name}={_escaped(value)}\n" for name, value in values.items()]
    return Download("imiconnect.properties", "text/plain", "".join(lines).encode("ascii"))


def _escaped(value: str) -> str:
    """Return a value as Java's ``Properties`` reads it: ASCII, with ``:`` and ``=`` escaped."""
    ascii_only = value.encode("ascii", "backslashreplace").decode()
    return ascii_only.replace(":", "\\:").replace("=", "\\=")


def _ios(app: App, client_key: str) -> Download:
    content = plistlib.dumps(_values(app, client_key), sort_keys=False)
    return Download("IMIconnect.plist", "application/x-plist", content)


def _web(app: App, client_key: str) -> Download:
    values = _values(app, client_key)
    push = credentials_of(app, Platform.WEB)
    if isinstance(push, WebPush):
        values["webPush"] = {
            "applicationServerKey": push.public_key,
            "siteUrl": push.site_url,
            "iconUrl": push.icon_url,
        }
    content = json.dumps(values, indent=2).encode()
    return Download("imi-environment.json", "application/json", content)


#: By system: how the MANAGE page calls the file, and what makes it.
FILES: dict[str, tuple[str, Callable[[App, str], Download]]] = {
    "android": ("Android (imiconnect.properties)", _android),
    "ios": ("iOS (IMIconnect.plist)", _ios),
    "web": ("Web (imi-environment.json)", _web),
}


def systems_of(app: App) -> list[str]:
    """Return the systems that an app needs a file for."""
    if app.config.get("platform") == "web":
        return ["web"]
    return [name for name in ("android", "ios") if name in app.config.get("systems", ())]


def download(app: App, system: str, client_key: str) -> Download:
    """Return the file of a system; raises ``KeyError`` for one that there is none for."""
    return FILES[system][1](app, client_key)
