"""What the platform knows of this device and of the customer behind it."""

from collections.abc import Awaitable, Callable
from typing import Any

from imiconnect.rtm.client.errors import demand
from imiconnect.rtm.client.registration import Registration

Call = Callable[..., Awaitable[dict[str, Any]]]


class Profile:
    """Linking with a customer, and events of the device."""

    def __init__(self, app_id: str, registration: Registration, call: Call) -> None:
        """Use ``call``, which renews an ended token."""
        self._app_id, self._registration, self._call = app_id, registration, call

    async def set_customer_id(self, customer_id: str) -> None:
        """Link the device with a customer who has a profile."""
        demand(customer_id, "Give the customer ID.")
        await self._say("setCustomerId", customerId=customer_id)

    async def remove_customer_id(self) -> None:
        """End the link."""
        await self._say("removeCustomerId")

    async def update(self, **attributes: Any) -> None:
        """Tell what has changed of the device; what of it is kept says the app's policy."""
        demand(attributes, "Give at least one attribute.")
        await self._say("profileupdate", event="ProfileUpdate", data={"update": attributes})

    async def publish_event(self, event: str, **update: Any) -> None:
        """Tell that something has happened to the device, or in the app.

        What of ``update`` is kept says the app's policy.
        """
        demand(event, "Give the name of the event.")
        await self._say("profileupdate", event=event, data={"update": update})

    async def _say(self, what: str, **body: Any) -> None:
        body["clientId"] = self._registration.wire_client_id
        await self._call("POST", f"/{self._app_id}/{what}", body=body)
