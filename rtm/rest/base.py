"""What every RTMS view shares: the app of the URL, its client key, the device that calls.

Where the app encrypts payloads, bodies of devices are ``{"encrypted": "<base64>"}`` and so are
the answers that list threads, messages and topics (facts/imiconnect.md, 18.6). Whose key it
is, the access token says. Servers, which have no key, write and read plain JSON.
"""

import hmac
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from imiconnect import keys
from imiconnect.accounts.middleware import client_address
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.models import App, ClientKey
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.rtm.connect.decision import read_client_id
from imiconnect.rtm.connect.endings import Ended
from imiconnect.rtm.connect.jwt_auth import OTHER_USER, Vouched, vouched
from imiconnect.rtm.connect.registration import Link, registered_devices
from imiconnect.rtm.intake.answers import wrong_source
from imiconnect.rtm.intake.limits import RateLimit
from imiconnect.rtm.models import Customer, Device
from imiconnect.rtm.pins.services import Asker, NotProved, take_proof
from imiconnect.rtm.protocol import cors
from imiconnect.rtm.protocol.sealing import Unreadable
from imiconnect.rtm.protocol.topics import name_problem
from imiconnect.rtm.rest.errors import Code, RtmsError, TooManyCalls, rtms_envelope
from imiconnect.rtm.rest.fields import JSONParser
from imiconnect.rtm.sealing import (
    DO_NOT_SEAL,
    NOT_SEALED,
    SEAL_IT,
    UNREADABLE,
    as_object,
    open_for,
    sealer,
)
from imiconnect.sharing.models import Allocation, Service, ServiceKey
from imiconnect.sources import is_allowed
from imiconnect.vault import digest

#: Calls of one device; facts/imiconnect.md, 18.5, has 10 to 100 a second for a whole tenant.
_DEVICE_CALLS = RateLimit(per_second=50)
_CALLS = RateLimit()
ASK_FOR_PIN = (
    "This app registers a user ID only with a one-time PIN: call generatePin, then "
    "validatePin, and send the pinToken of its answer."
)
OTHER_CUSTOMER = "The one-time PIN proves the user's own customer ID alone."


class RtmsView(APIView):
    """A view under an app's id; ``self.app`` and ``self.policy`` are there in every method."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes: tuple[type[JSONParser], ...] = (JSONParser,)
    app: App
    policy: Policy
    #: The service whose key proves that a customer's server calls; none for devices.
    service: Service | None = None
    #: For whom the JWT of the call speaks, where the app asks devices for one.
    vouched: Vouched | None = None
    #: Whether devices encrypt the body, where the app asks for it.
    is_sealed = True

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Answer errors in the envelope of this API."""
        return rtms_envelope

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the app and check its key; raises ``RtmsError``."""
        check_names(kwargs)
        self.app = find_app(kwargs["app_id"])
        self.policy = policy_of(self.app)
        check_key(self.app, request.headers.get("secretKey") or self._key_in_url(request))
        self._take_turn(request)
        if self.app.state != App.State.ACTIVE or not self.app.organization.is_active:
            raise RtmsError(Code.INVALID, "The app is off.", status=HTTPStatus.FORBIDDEN)
        if request.headers.get("key"):
            key, source = request.headers["key"], client_address(request)
            self.service = find_service(self.app, key, source=source)
        elif self.policy.jwt_authorization:
            header = request.headers.get("Authorization", "")
            secret = secrets_of(self.app).jwt_secret
            self.vouched = vouched(header, app_id=self.app.app_id, secret=secret)
        super().initial(request, *args, **kwargs)

    def _take_turn(self, request: Request) -> None:
        """Refuse a device that calls in a loop; servers share a generous limit by their key."""
        token = request.headers.get("accessToken", "")
        key = request.headers.get("key") or request.headers.get("secretKey", "")
        limit, name = (_DEVICE_CALLS, token) if token else (_CALLS, key)
        if wait := limit.wait_for(digest(f"{self.app.app_id}/{name}")):
            raise TooManyCalls(wait)

    def need_server(self) -> None:
        """Refuse what is for customers' servers, not for devices, which know no service key.

        Clients that do without access tokens do without this too, as the documentation has it,
        unless their app encrypts: what is nobody's own has no key to be encrypted with.
        """
        policy = self.policy
        may_do_without = policy.client_key_as_password and not policy.payload_encryption
        may_do_without = may_do_without and self.vouched is None
        if self.service is None and not may_do_without:
            raise RtmsError(Code.NO_TOKEN, "The header key with the service key is missing.")

    def need_inbox(self) -> None:
        """Refuse what only apps with a Server Side Inbox have."""
        if not self.policy.server_inbox:
            raise RtmsError(Code.NO_INBOX)

    def _key_in_url(self, request: Request) -> str:
        """Return nothing: a key in a URL ends up in logs."""
        return ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve the request and say which pages may read the answer."""
        response: HttpResponseBase = HttpResponse(status=HTTPStatus.NO_CONTENT)
        if request.method != "OPTIONS":
            response = super().dispatch(request, *args, **kwargs)
        origin = request.headers.get("Origin", "")
        write = cors.preflight_headers if request.method == "OPTIONS" else cors.answer_headers
        for name, value in write(origin, allowed=self._allows(origin, kwargs)).items():
            response.headers[name] = value
        return response

    def _allows(self, origin: str, kwargs: dict[str, Any]) -> bool:
        if not origin:
            return False
        if cors.is_own(origin, self.request.get_host()):
            return True
        if name_problem(kwargs["app_id"]):
            return False
        app = App.objects.filter(app_id=kwargs["app_id"]).only("policy").first()
        return app is not None and policy_of(app).allows_origin(origin)

    def body(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the checked body; raises ``ValidationError``."""
        checked = serializer(data=self.data())
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values

    def data(self) -> Any:
        """Return the parsed body, opened where devices encrypt it; raises ``RtmsError``."""
        data = self.request.data
        text = data.get("encrypted") if isinstance(data, dict) else None
        if not (self.is_sealed and self._encrypts):
            if isinstance(text, str) and len(data) == 1:
                raise RtmsError(Code.INVALID, DO_NOT_SEAL, reason=NOT_SEALED)
            return data
        if not isinstance(text, str):
            raise RtmsError(Code.INVALID, SEAL_IT, reason=NOT_SEALED)
        token = self.request.headers.get("accessToken", "")
        if not token:
            raise RtmsError(Code.NO_TOKEN)
        rows = registered_devices(self.app).filter(access_token_digest=digest(token))
        users = list(rows.values_list("user_id", flat=True))
        if not users:
            raise RtmsError(Code.WRONG_TOKEN)
        try:
            return as_object(open_for(self.app, users, text))
        except Unreadable:
            raise RtmsError(Code.INVALID, UNREADABLE, reason=NOT_SEALED) from None

    def listed(self, user_id: str, body: dict[str, Any]) -> Response:
        """Answer a user's list, for the user's devices alone where the app encrypts."""
        if not self._encrypts:
            return Response(body)
        plain = JSONRenderer().render(body)
        return Response({"encrypted": sealer(self.app)(user_id, plain).decode()})

    @property
    def _encrypts(self) -> bool:
        return self.policy.payload_encryption and self.service is None

    def device_of(self, client_id: str, *, is_leaving: bool = False) -> Device:
        """Return the registered device of a client id, proved by its access token.

        The token may be missing where the app lets clients do without. The JWT of a call must
        speak for the device's user, unless the device ``is_leaving`` that user for the one of
        the JWT and has proved itself by its token.
        """
        names, _ = read_client_id(client_id)
        if not names or names[0].app_id != self.app.app_id:
            raise RtmsError(Code.INVALID, "The clientId is not appId/userId/deviceId.")
        rows = registered_devices(self.app).select_related("app")
        found = (
            rows.filter(user_id=name.user_id, device_id=name.device_id).first()
            for name in names
        )
        device = next((row for row in found if row is not None), None)
        if device is None:
            raise RtmsError(Code.NO_USER)
        self._check_token([device])
        if device.ended_by:
            raise Ended(device.ended_by)
        if not (is_leaving and self.request.headers.get("accessToken")):
            self.check_vouched(device.user_id, device.customer)
        return device

    def check_vouched(self, user_id: str, customer: Customer | str | None) -> None:
        """Refuse a call for somebody whom the JWT does not name; raises ``RtmsError`` 38."""
        named = customer.customer_id if isinstance(customer, Customer) else customer or ""
        if self.vouched and not self.vouched.is_for(user_id=user_id, customer_id=named):
            raise RtmsError(Code.WRONG_TOKEN, OTHER_USER, reason="jwt")

    def check_becoming(self, user_id: str, customer_id: str) -> None:
        """Refuse a device that becomes a user, or a customer's, whom the JWT does not name.

        A JWT that names only a customer speaks for the users whose devices are all linked with
        that customer, and for new ones; raises ``RtmsError`` 38.
        """
        if self.vouched is None:
            return
        self.check_vouched(user_id, customer_id)
        if customer_id:
            self.check_linking(customer_id)
        if user_id and not self.vouched.user_id:
            rows = Device.objects.filter(app=self.app, user_id=user_id)
            if rows.exclude(customer__customer_id=customer_id).exists():
                raise RtmsError(Code.WRONG_TOKEN, OTHER_USER, reason="jwt")

    def check_linking(self, customer_id: str) -> None:
        """Refuse to link what calls with a customer whom the JWT does not name.

        What is sent to a customer goes to everything that is linked; raises ``RtmsError`` 38.
        """
        if self.vouched and not self.vouched.names_customer(customer_id):
            raise RtmsError(Code.WRONG_TOKEN, "The JWT names another customer.", reason="jwt")

    def proved(self, values: dict[str, Any], device_id: str) -> Link:
        """Return the customer whom the PIN of a call proves, where the app asks for one.

        Else what the call names itself. A user ID needs the ``pinToken`` of its PIN, and a
        device is linked only with the customer who has proved it; guests are nobody's. What a
        customer's server registers needs no PIN. Call it in the transaction that uses it up;
        raises ``RtmsError`` with the reason ``pin``.
        """
        user_id, named = values.get("userId") or "", values.get("customerId") or ""
        if not self.policy.pin_required or self.service is not None:
            return self.link_to(str(named))
        if not user_id:
            if named:
                raise no_proof(OTHER_CUSTOMER)
            return Link()
        asker = Asker(self.app, user_id, device_id)
        try:
            customer = take_proof(
                asker=asker, proof=values.get("pinToken") or "", now=timezone.now()
            )
        except NotProved:
            raise no_proof(ASK_FOR_PIN) from None
        if named and named != customer.customer_id:
            raise no_proof(OTHER_CUSTOMER)
        return Link(customer.customer_id, is_sure=True)

    def link_to(self, customer_id: str) -> Link:
        """Return a link that the call names, sure where the organization's server says so.

        A JWT says so where it names both: of a customer's alone the device picks the user ID.
        """
        jwt = self.vouched
        is_told = jwt is not None and bool(jwt.user_id) and jwt.customer_id == customer_id
        return Link(customer_id, is_sure=is_told or self.service is not None)

    def user_devices(self, user_id: str) -> list[Device]:
        """Return the registered devices of a user, one of which is proved by its token.

        A customer's server needs none; it may ask for users who have no device yet.
        """
        rows = registered_devices(self.app).filter(user_id=user_id)
        devices = list(rows.select_related("customer") if self.vouched else rows)
        if self.service is not None:
            return devices
        if not devices:
            raise RtmsError(Code.NO_USER)
        self._check_token(devices)
        if all(device.ended_by for device in devices):
            raise Ended(devices[0].ended_by)
        if self.vouched and not any(
            self.vouched.is_for(user_id=user_id, customer_id=customer_of(device))
            for device in devices
        ):
            raise RtmsError(Code.WRONG_TOKEN, OTHER_USER, reason="jwt")
        return devices

    def _check_token(self, devices: list[Device]) -> None:
        token = self.request.headers.get("accessToken", "")
        if not token:
            if self.policy.client_key_as_password:
                return
            raise RtmsError(Code.NO_TOKEN)
        hexed = digest(token)
        for device in devices:
            if hmac.compare_digest(device.access_token_digest or "", hexed):
                expires_at = device.token_expires_at
                if expires_at is not None and expires_at <= timezone.now():
                    raise RtmsError(Code.OLD_TOKEN)
                return
        raise RtmsError(Code.WRONG_TOKEN)


def no_proof(sentence: str) -> RtmsError:
    """Return the refusal of what a one-time PIN has not proved."""
    return RtmsError(Code.INVALID, sentence, status=HTTPStatus.FORBIDDEN, reason="pin")


def customer_of(device: Device) -> str:
    """Return the customer id that a device is linked with, or nothing."""
    return device.customer.customer_id if device.customer else ""


def check_names(names: dict[str, str]) -> None:
    """Refuse names in a URL that nothing can have, and no query could look for."""
    for name, value in names.items():
        if name in ("app_id", "user_id", "device_id") and name_problem(value):
            raise RtmsError(Code.NO_APP if name == "app_id" else Code.NO_USER)


def find_app(app_id: str) -> App:
    """Return the app with this App ID; raises ``RtmsError``."""
    app: App | None = (
        App.objects.select_related("organization")
        .filter(app_id=app_id, channel_type__in=_types_with_devices())
        .first()
    )
    if app is None:
        raise RtmsError(Code.NO_APP)
    return app


def find_service(app: App, secret: str, *, source: str | None) -> Service:
    """Return the live service of a key, which uses the app; raises ``RtmsError``.

    ``source`` is the address of the caller, which the service may have to allow.
    """
    service: Service | None = Service.objects.filter(
        pk__in=ServiceKey.objects.filter(keys.in_force(), digest=digest(secret)).values(
            "service"
        ),
        state=Service.State.LIVE,
        allocations__in=Allocation.objects.usable().filter(app=app),
    ).first()
    if service is None:
        raise RtmsError(Code.WRONG_TOKEN, "The key is no live service's that uses the app.")
    if not is_allowed(service.allowed_sources, source):
        refusal = wrong_source(source)
        raise RtmsError(Code.WRONG_TOKEN, refusal.sentence, status=HTTPStatus.FORBIDDEN)
    return service


def _types_with_devices() -> list[str]:
    return [kind.slug for kind in registry.all_types() if kind.can(Capability.DEVICES)]


def check_key(app: App, secret: str) -> None:
    """Check that ``secret`` is a client key of the app in force; raises ``RtmsError``."""
    if not secret:
        raise RtmsError(Code.NO_KEY)
    if not ClientKey.objects.filter(keys.in_force(), app=app, digest=digest(secret)).exists():
        raise RtmsError(Code.WRONG_KEY)
