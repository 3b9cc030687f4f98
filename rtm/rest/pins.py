"""PINs of users, and what a right one is good for (facts/imiconnect.md, 17, OTP helper)."""

from http import HTTPStatus

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.middleware import client_address
from imiconnect.rtm.pins import services
from imiconnect.rtm.pins.services import Asker, TooManyPins, WrongPin
from imiconnect.rtm.rest import device_bodies as bodies
from imiconnect.rtm.rest.base import RtmsView
from imiconnect.rtm.rest.devices import DONE, KEY, TAG
from imiconnect.rtm.rest.errors import Code, RtmsError, TooManyCalls

#: Said of every user ID, so that nobody learns who is a customer.
SENT = "If the user has a mobile number with us, a PIN is on its way."
_OFF = "This app asks for no PIN."
_WRONG = "The PIN is not right, or no longer good."
REASON = "pin"


class _PinView(RtmsView):
    """A call of a device that is not registered yet: it has no key, so nothing is encrypted."""

    is_sealed = False

    def asker(self, values: dict[str, str]) -> Asker:
        """Return who asks; raises ``RtmsError`` 62 for an app that asks for no PIN."""
        if not self.policy.pin_required:
            raise RtmsError(Code.NOT_SUPPORTED, _OFF)
        return Asker(self.app, values["userId"], values["deviceId"])


class GeneratePinView(_PinView):
    """A device asks for a PIN for a user ID."""

    @extend_schema(
        tags=TAG, parameters=[KEY], request=bodies.PinBody, responses=bodies.PinSentAnswer
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Send a PIN to the user's own mobile number; the answer does not say whether."""
        asker = self.asker(self.body(bodies.PinBody))
        try:
            services.ask_pin(
                asker=asker, source=client_address(request) or "", now=timezone.now()
            )
        except TooManyPins as error:
            raise TooManyCalls(error.wait) from None
        life = int(services.LIFETIME.total_seconds())
        return Response(DONE | {"description": SENT, "expiresIn": life})


class ValidatePinView(_PinView):
    """A user has typed a PIN."""

    @extend_schema(
        tags=TAG, parameters=[KEY], request=bodies.TypedPinBody, responses=bodies.PinProofAnswer
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Answer a token with which this device registers the user ID, once."""
        values = self.body(bodies.TypedPinBody)
        asker = self.asker(values)
        try:
            proof = services.check_pin(asker=asker, pin=values["pin"], now=timezone.now())
        except WrongPin:
            status = HTTPStatus.FORBIDDEN
            raise RtmsError(Code.INVALID, _WRONG, status=status, reason=REASON) from None
        life = int(services.LIFETIME.total_seconds())
        return Response(DONE | {"pinToken": proof, "expiresIn": life})
