"""Where a person has a browser and lets a site notify."""

import json
import secrets
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.devices import DevicesPage, Facts, InstallForm, Note, at
from imiconnect.sandbox.sdk import Sdk
from imiconnect.sandbox.webpush.service import WebPushService
from imiconnect.sandbox.webpush.twin import base_url


class BrowserForm(InstallForm):
    """A browser on a site with the opt-in."""

    user = forms.CharField(
        label=_("User ID"),
        max_length=100,
        required=False,
        help_text=_("Leave it empty for a visitor without any profile."),
    )


class WebPushPage(DevicesPage):
    """Browsers that have agreed."""

    install_form = BrowserForm
    device_kind = "browser"
    states: ClassVar = {
        "alive": _("Back to normal"),
        "gone": _("End the subscription"),
        "throttled": _("Ask for fewer"),
        "full": _("Take only small ones"),
        "down": _("Fail at the service"),
    }
    words: ClassVar = {
        "title": _("Visit the site with a new browser"),
        "install": _("Visit and allow notifications"),
        "installed": _("The browser has subscribed, and the site has told the platform."),
        "token": _("Subscription"),
        "nobody": _("Visitor"),
        "none": _("No notification has come yet."),
    }

    def install(self, sdk: Sdk, values: dict[str, Any]) -> None:
        """Subscribe with the site's key, and let the site tell the platform."""
        service, known = WebPushService(self.store), self.known_of(values)
        made = service.subscribe(base_url(), sdk.site_key(), **known)
        key = made["endpoint"].rpartition("/")[2]
        try:
            device = f"browser-{secrets.token_hex(4)}"
            sdk.subscribe(made, user=values["user"], device=device)
        except Exception:
            self.store.drop("browser", key)
            raise
        del made["expirationTime"]
        self.store.change("browser", key, token=json.dumps(made))

    def facts_of(self, data: dict[str, Any]) -> Facts:
        """Return the site's key."""
        return [(_("Public VAPID key"), data["server_key"])]

    def note_of(self, key: str, data: dict[str, Any]) -> Note:
        """Read the decrypted text as the service worker does."""
        content = _read(data["text"])
        shown = content.get("notification", {})
        facts: Facts = [
            (_("Time to live"), f"{data['ttl']} s"),
            (_("Urgency"), data["urgency"] or "normal"),
            (_("Topic"), data["topic"]),
            (_("Replaces by"), shown.get("tag", "")),
        ]
        known = ("notification", "web_push")
        return Note(
            key=key,
            title=shown.get("title", "") or ("" if data["text"] else str(_("Unreadable"))),
            body=shown.get("body", ""),
            link=shown.get("navigate", ""),
            image=shown.get("image", ""),
            opened=data.get("opened", False),
            at=at(data),
            facts=[(name, value) for name, value in facts if value != ""],
            data=[(name, value) for name, value in content.items() if name not in known],
        )

    def ids_of(self, data: dict[str, Any]) -> tuple[str, str]:
        """Return what the service worker finds in the text."""
        content = _read(data["text"])
        return content.get("appId", ""), content.get("tid", "")


def _read(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
