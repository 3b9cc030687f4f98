"""What an app or a site with the SDK in it does: calls of the platform's public interface."""

from typing import Any

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

_PATIENCE = 10.0
#: What ``trackDeliveryRequest`` calls these.
DELIVERED, CLICKED = 2, 4


class Refused(Exception):
    """The platform did not take it; ``words`` is what it said."""

    def __init__(self, words: Words) -> None:
        """Keep what people read."""
        super().__init__(str(words))
        self.words = words


class Sdk:
    """The SDK in one app."""

    def __init__(self, app_id: str, client_key: str) -> None:
        """Take what the developer has put into the app."""
        self._url = f"{settings.PUBLIC_URL}/rtmsAPI/api/v3/{app_id}"
        self._app_id = app_id
        self._headers = {"secretKey": client_key}

    def register(self, *, user: str, device: str, system: str, token: str = "") -> None:
        """Register a device of a user, with its push token where it has one."""
        answer = self._call(
            "register",
            {
                "userId": user,
                "deviceId": device,
                "channel": "rt",
                "channelType": system,
                "data": {"update": {"os": system, **({"pushId": token} if token else {})}},
            },
        )
        self._headers["accessToken"] = answer["accessToken"]

    def site_key(self) -> str:
        """Return the public key with which the site subscribes browsers."""
        try:
            answer = httpx.get(
                f"{self._url}/verifyPolicy", headers=self._headers, timeout=_PATIENCE
            )
        except httpx.HTTPError:
            raise _unreachable() from None
        key = _read(answer).get("webPush", {}).get("applicationServerKey", "")
        if not key:
            raise Refused(_("Web push is not configured for this app."))
        return str(key)

    def subscribe(self, subscription: dict[str, Any], *, user: str, device: str) -> None:
        """Tell of a browser's subscription; without a user it has no profile."""
        body: dict[str, Any] = {"subscription": subscription}
        if user:
            self.register(user=user, device=device, system="chrome")
            body["clientId"] = f"{self._app_id}/{user}/{device}"
        self._call("push/subscriptions", body)

    def write(self, text: str, *, user: str, device: str) -> None:
        """Send a message of the user, who has registered."""
        client = f"{self._app_id}/{user}/{device}"
        self._call("mo", {"clientId": client, "message": text})

    def track(self, tid: str, status: int) -> None:
        """Tell what became of a notification."""
        self._call("trackDeliveryRequest", {"tid": tid, "status": status})

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._url}/{path}"
        try:
            return _read(httpx.post(url, json=body, headers=self._headers, timeout=_PATIENCE))
        except httpx.HTTPError:
            raise _unreachable() from None


def _unreachable() -> Refused:
    return Refused(_("The platform did not answer at its own address, PUBLIC_URL."))


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        values = answer.json()
    except ValueError:
        values = None
    if answer.is_success and isinstance(values, dict):
        return values
    said = values.get("description") if isinstance(values, dict) else ""
    sentence = _("The platform answered %(status)s. %(said)s")
    raise Refused(sentence % {"status": answer.status_code, "said": said or ""})
