"""The Profile API: master profiles, and the app profiles of an app (facts, section 16)."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.apps.models import App
from imiconnect.rtm import profile_batches as services
from imiconnect.rtm.connect.registration import forget_device, registered_devices
from imiconnect.rtm.models import Customer, Device, ProfileBatch
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.rest.fields import unstorable
from imiconnect.rtm.rest.profile_base import (
    ProfileError,
    ProfileView,
    QueuedAnswer,
    RecordsBody,
    queued,
)

TAG = ["Profiles"]
KEY = OpenApiParameter("key", str, OpenApiParameter.HEADER, required=True)
_MOST = 100


def _text(request: Request, name: str) -> str:
    value = str(request.query_params.get(name, ""))
    if unstorable(value):
        sentence = f"{name} has a character that cannot be kept."
        raise ProfileError("7011", sentence, HTTPStatus.BAD_REQUEST)
    return value


class CustomerProfileView(ProfileView):
    """Master profiles."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, OpenApiParameter("customerId", str), OpenApiParameter("transid", str)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Return a profile by ``customerId``, or the result of a batch by ``transid``."""
        if transid := _text(request, "transid"):
            return _batch_result(self, transid)
        customer_id = _text(request, "customerId")
        if not customer_id:
            raise ProfileError("7003", "customerId is missing.", HTTPStatus.BAD_REQUEST)
        customer = Customer.objects.filter(
            organization=self.organization, customer_id=customer_id
        ).first()
        if customer is None:
            unknown = services.Outcome.UNKNOWN
            raise ProfileError(unknown.code, f"{unknown.description}.", HTTPStatus.NOT_FOUND)
        return Response({"Records": [_master(customer)]})

    @extend_schema(
        tags=TAG, parameters=[KEY], request=RecordsBody, responses={202: QueuedAnswer}
    )
    def post(self, request: Request) -> Response:
        """Make profiles."""
        return queued(
            services.create_profiles(organization=self.organization, records=self.records())
        )

    @extend_schema(
        tags=TAG, parameters=[KEY], request=RecordsBody, responses={202: QueuedAnswer}
    )
    def put(self, request: Request) -> Response:
        """Merge attributes into profiles."""
        return queued(
            services.update_profiles(organization=self.organization, records=self.records())
        )

    @extend_schema(
        tags=TAG,
        parameters=[KEY, OpenApiParameter("customerId", str)],
        request=RecordsBody,
        responses={202: QueuedAnswer},
    )
    def delete(self, request: Request) -> Response:
        """Delete the profile of ``customerId``, or those of the body."""
        customer_id = _text(request, "customerId")
        records = [services.Record(customer_id)] if customer_id else self.records()
        return queued(services.delete_profiles(organization=self.organization, records=records))


class ProfileBatchView(ProfileView):
    """The result of a batch."""

    @extend_schema(tags=TAG, parameters=[KEY], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, transid: str) -> Response:
        """Return counts and one result for each record."""
        return _batch_result(self, transid)


class AppProfileView(ProfileView):
    """App profiles: the devices of an app's users."""

    @extend_schema(
        tags=TAG,
        parameters=[
            KEY,
            OpenApiParameter("identifier", str),
            OpenApiParameter("deviceid", str),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, app_id: str) -> Response:
        """Return the app profiles of a user, or of all users (the newest 100)."""
        rows = self._devices(request, app_id).order_by("-id")[:_MOST]
        return Response({"Records": [_app_profile(row, app_id) for row in rows]})

    @extend_schema(
        tags=TAG,
        parameters=[
            KEY,
            OpenApiParameter("identifier", str, required=True),
            OpenApiParameter("deviceid", str),
        ],
        responses={202: QueuedAnswer},
    )
    def delete(self, request: Request, app_id: str) -> Response:
        """Delete the app profiles of a user, or of one device of theirs."""
        if not _text(request, "identifier"):
            raise ProfileError("7003", "identifier is missing.", HTTPStatus.BAD_REQUEST)
        devices = list(self._devices(request, app_id))
        if not devices:
            raise _no_app_profile()
        for device in devices:
            forget_device(device=device)
        return Response({"response": {"code": "1000", "description": "Success"}})

    def _devices(self, request: Request, app_id: str) -> "QuerySet[Device]":
        app = None
        if not unstorable(app_id):
            apps = App.objects.filter(organization=self.organization, app_id=app_id)
            app = apps.first()
        if app is None:
            raise _no_app_profile()
        rows = registered_devices(app).select_related("app", "customer")
        if user_id := _text(request, "identifier"):
            rows = rows.filter(user_id=user_id)
        if device_id := _text(request, "deviceid"):
            rows = rows.filter(device_id=device_id)
        return rows


def _no_app_profile() -> ProfileError:
    return ProfileError("7018", "There is no such app profile.", HTTPStatus.NOT_FOUND)


def _batch_result(view: ProfileView, transid: str) -> Response:
    try:
        batch = ProfileBatch.objects.filter(
            organization=view.organization, pk=UUID(transid)
        ).first()
    except ValueError:
        batch = None
    if batch is None:
        raise ProfileError("7011", "There is no such transid.", HTTPStatus.NOT_FOUND)
    return Response(batch.result | {"transid": str(batch.pk)})


def _master(customer: Customer) -> dict[str, Any]:
    attributes = [
        {"ID": str(number), "Name": name, "Value": value}
        for number, (name, value) in enumerate(customer.attributes.items(), 1)
    ]
    devices = customer.devices.filter(unregistered_at__isnull=True).select_related("app")
    links = [
        {"AppId": device.app.app_id, "Channel": "rt", "Identifier": device.user_id}
        for device in devices.order_by("id")[:_MOST]
    ]
    return {
        "customerId": customer.customer_id,
        "Attributes": attributes,
        "InwardLinks": links,
        "OutwardLinks": [],
        "createdOn": iso(customer.created_at),
        "updatedOn": iso(customer.updated_at),
    }


def _app_profile(device: Device, app_id: str) -> dict[str, Any]:
    told = {
        name: device.attributes[name]
        for name in ("make", "model", "os", "osversion")
        if name in device.attributes
    }
    return told | {
        "status": "Active",
        "verified": device.customer is not None,
        "connectStatus": "Connected" if device.is_connected else "Disconnected",
        "userId": device.user_id,
        "channel": "rt",
        "deviceId": device.device_id,
        "rtmId": f"{device.user_id}_{device.device_id}",
        "appId": app_id,
        "pushId": device.push_id,
        "customerId": device.customer.customer_id if device.customer else "",
        "createdOn": iso(device.created_at),
        "last_opened": iso(device.last_seen_at),
    }
