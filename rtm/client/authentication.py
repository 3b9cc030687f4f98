"""Proving a user ID by a one-time PIN, where the app asks for one."""

from typing import Any

from imiconnect.rtm.client.errors import demand
from imiconnect.rtm.client.registration import Registration
from imiconnect.rtm.client.rest import Rest


class UserAuthentication:
    """PINs by SMS: ``policy["features"]["userpin"]`` is "1" where a user ID needs one."""

    def __init__(self, app_id: str, registration: Registration, rest: Rest) -> None:
        """Call without tokens: the device may not be registered yet."""
        self._app_id, self._registration, self._rest = app_id, registration, rest

    async def generate_pin(self, user_id: str, *, device_id: str | None = None) -> int:
        """Have a PIN sent to the user's own mobile number; return its life in seconds.

        The answer is the same for everybody, also for a user ID that nobody has. ``device_id``
        is that of ``register``, where it names one.
        """
        demand(user_id, "Give the user ID.")
        answer = await self._say("generatePin", device_id, userId=user_id)
        return int(answer["expiresIn"])

    async def validate_pin(
        self, user_id: str, pin: str, *, device_id: str | None = None
    ) -> int:
        """Check a PIN; return within how many seconds to register.

        A right one lets this device register the user ID once: the next ``register`` or
        ``set_user_id`` of that user does so by itself. A wrong one raises ``SdkError`` whose
        reason is ``pin``; after five a new PIN is needed.
        """
        demand(user_id, "Give the user ID.")
        demand(pin, "Give the PIN.")
        answer = await self._say("validatePin", device_id, userId=user_id, pin=pin)
        self._registration.keep_proof(user_id, str(answer["pinToken"]))
        return int(answer["expiresIn"])

    async def _say(self, what: str, device_id: str | None, **body: str) -> dict[str, Any]:
        body["deviceId"] = self._registration.device_id_or(device_id)
        return await self._rest.call("POST", f"/{self._app_id}/{what}", body=body, plain=True)
