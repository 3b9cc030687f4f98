"""Calls of devices: policy, registering, tokens, who uses the device, and its profile."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.rtm.connect import registration
from imiconnect.rtm.connect.device_events import is_event, report_event
from imiconnect.rtm.connect.registration import Link, Registered, UnknownDevice
from imiconnect.rtm.models import Device
from imiconnect.rtm.pins.services import customer_id_of
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.rest import device_bodies as bodies
from imiconnect.rtm.rest.addresses import encryption_answer, policy_answer
from imiconnect.rtm.rest.base import OTHER_CUSTOMER, RtmsView, customer_of, no_proof
from imiconnect.rtm.rest.errors import Code, RtmsError

DONE = {"status": "Success", "code": "0", "description": "success"}
KEY = OpenApiParameter("secretKey", str, OpenApiParameter.HEADER, required=True)
TOKEN = OpenApiParameter("accessToken", str, OpenApiParameter.HEADER)
SERVICE_KEY = OpenApiParameter(
    "key", str, OpenApiParameter.HEADER, description="Service key of a customer's server."
)
TAG = ["RTM devices"]


def _names(device: Device) -> dict[str, str]:
    app_id, user_id, device_id = device.app.app_id, device.user_id, device.device_id
    return {
        "userId": user_id,
        "clientId": topics.broker_client_id(app_id, user_id, device_id),
        "username": topics.downlink(app_id, user_id),
        "downlinkTopic": topics.downlink(app_id, user_id),
        "uplinkTopic": topics.uplink(app_id, user_id, device_id),
    }


def _tokens(registered: Registered) -> dict[str, Any]:
    return {
        "accessToken": registered.access_token,
        "refreshToken": registered.refresh_token,
        "expiresIn": int(registration.ACCESS_TOKEN_LIFE.total_seconds()),
    }


class VerifyPolicyView(RtmsView):
    """What the app offers its devices, and where they connect."""

    def _key_in_url(self, request: Request) -> str:
        """Take the key from the URL too: existing clients know no other way here."""
        return str(request.query_params.get("secretKey", ""))

    @extend_schema(
        tags=TAG,
        parameters=[
            OpenApiParameter("os", str),
            OpenApiParameter("secretKey", str, OpenApiParameter.HEADER),
            OpenApiParameter("secretKey", str, description="For clients without the header."),
        ],
        responses=bodies.PolicyCallAnswer,
    )
    def get(self, request: Request, app_id: str) -> Response:
        """Return the policy."""
        return Response(DONE | policy_answer(request, self.app, self.policy))


class RegisterView(RtmsView):
    """A device registers for a user; it has no key yet, so the body is never encrypted."""

    is_sealed = False

    @extend_schema(
        tags=TAG,
        parameters=[KEY],
        request=bodies.RegisterBody,
        responses=bodies.RegisterAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Register and return tokens, names on the broker, and the policy."""
        values = self.body(bodies.RegisterBody)
        self.check_becoming(values["userId"] or "", values.get("customerId", ""))
        with transaction.atomic():
            registered = registration.register_device(
                app=self.app,
                user_id=values["userId"] or "",
                device_id=values["deviceId"],
                profile=bodies.profile_of(values),
                link=self.proved(values, values["deviceId"]),
            )
        answer = DONE | _tokens(registered) | _names(registered.device)
        return Response(
            answer
            | {"appDomain": request.get_host()}
            | encryption_answer(self.app, registered.device.user_id)
            | policy_answer(request, self.app, self.policy)
        )


class UnregisterView(RtmsView):
    """A registration ends."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=bodies.ClientBody,
        responses=bodies.DoneAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """End the registration, its tokens and its connection."""
        device = self.device_of(self.body(bodies.ClientBody)["clientId"])
        registration.unregister_device(device=device)
        return Response(DONE)


class TokenView(RtmsView):
    """The access token is renewed; a device without the present key gets that, too."""

    is_sealed = False

    @extend_schema(
        tags=TAG,
        parameters=[KEY],
        request=bodies.TokenBody,
        responses=bodies.TokensAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Return new tokens; the old ones end."""
        token = self.body(bodies.TokenBody)["refreshToken"]
        try:
            registered = registration.refresh_tokens(
                app=self.app,
                refresh_token=token,
                check=lambda device: self.check_vouched(device.user_id, device.customer),
            )
        except UnknownDevice:
            raise RtmsError(Code.WRONG_TOKEN, "The refreshToken is not in force.") from None
        key = encryption_answer(self.app, registered.device.user_id)
        return Response(DONE | _tokens(registered) | key)


class _RenamingView(RtmsView):
    def _renamed(self, device: Device) -> Response:
        """Answer the names and the key under which the device connects again."""
        return Response(DONE | _names(device) | encryption_answer(self.app, device.user_id))


class SetUserIdView(_RenamingView):
    """The device gets another user."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=bodies.UserIdBody,
        responses=bodies.NamesAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Give the device to the user; it connects again under the new names."""
        values = self.body(bodies.UserIdBody)
        device = self.device_of(values["clientId"], is_leaving=True)
        linked = customer_of(device)
        is_foreign = bool(linked and self.vouched and not self.vouched.names_customer(linked))
        self.check_becoming(values["userId"], "" if is_foreign else linked)
        with transaction.atomic():
            link = self.proved(values, device.device_id)
            if is_foreign:
                # The link was the former user's; nobody vouches for it now.
                registration.set_customer_id(device=device, link=Link())
            changed = registration.set_user_id(
                device=device, user_id=values["userId"], link=link
            )
        return self._renamed(changed)


class RemoveUserIdView(_RenamingView):
    """The device goes back to a guest."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=bodies.ClientBody,
        responses=bodies.NamesAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Give the device to a new guest; it connects again under the new names."""
        device = self.device_of(self.body(bodies.ClientBody)["clientId"])
        return self._renamed(registration.set_user_id(device=device, user_id=""))


class SetCustomerIdView(RtmsView):
    """The device is linked to a customer."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=bodies.CustomerIdBody,
        responses=bodies.DoneAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Link the device to the customer, who is made where the app allows it."""
        values = self.body(bodies.CustomerIdBody)
        device = self.device_of(values["clientId"])
        self.check_linking(values["customerId"])
        if self.policy.pin_required and self.service is None:
            own = customer_id_of(self.app, device.user_id)
            if values["customerId"] != own or device.is_guest:
                raise no_proof(OTHER_CUSTOMER)
        link = self.link_to(values["customerId"])
        registration.set_customer_id(device=device, link=link)
        return Response(DONE | {"customerId": values["customerId"]})


class RemoveCustomerIdView(RtmsView):
    """The device is no customer's any more."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=bodies.ClientBody,
        responses=bodies.DoneAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Unlink the device from its customer."""
        device = self.device_of(self.body(bodies.ClientBody)["clientId"])
        registration.set_customer_id(device=device, link=Link())
        return Response(DONE)


_NOT_KEPT = "The app's policy keeps no such events."


class ProfileUpdateView(RtmsView):
    """The device tells of itself, or of something that has happened to it."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=bodies.ProfileBody,
        responses=bodies.DoneAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Merge what the device tells into its profile, or write the event down."""
        values = self.body(bodies.ProfileBody)
        device = self.device_of(values["clientId"])
        if is_event(event := values["event"]):
            update = values["data"].get("update") or {}
            done = report_event(device=device, event=event, data=update)
            return Response(DONE if done else DONE | {"description": _NOT_KEPT})
        registration.update_profile(device=device, profile=bodies.profile_of(values))
        return Response(DONE)


def missing_app_id(request: HttpRequest) -> Any:
    """Answer a call whose URL has no App ID (code 14)."""
    from django.http import JsonResponse

    code = Code.NO_APP_ID
    return JsonResponse({"code": code.code, "description": code.sentence}, status=code.status)
