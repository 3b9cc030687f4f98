"""The Profile API of app profiles: devices of an app's users, contacts of other channels.

``…/<appid>`` with ``identifier`` names a user, ``…/<appid>/<customerid>`` a customer, and
``…/<appid>/<customerid or userid>/<deviceid>`` one device (facts, section 16).
"""

from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.apps.models import App
from imiconnect.rtm import app_profile_batches as services
from imiconnect.rtm.profile_batches import Outcome, Record
from imiconnect.rtm.rest import profile_answers as answers
from imiconnect.rtm.rest.fields import unstorable
from imiconnect.rtm.rest.profile_base import (
    KEY,
    TAG,
    ProfileError,
    ProfileView,
    QueuedAnswer,
    RecordsBody,
    asked,
    batch_result,
    queued,
)

_MOST = 100
_WHICH = [OpenApiParameter("identifier", str), OpenApiParameter("deviceid", str)]


class _AppView(ProfileView):
    """A view below ``customerappprofile/<appid>``."""

    def app(self, app_id: str) -> App:
        """Return the app; 7018 unless it is the organization's."""
        found: App | None = None
        if not unstorable(app_id):
            apps = App.objects.filter(organization=self.organization, app_id=app_id)
            found = apps.select_related("organization").first()
        if found is None:
            raise _refused(Outcome.NOT_LINKED)
        return found

    def listed(self, app: App, **fields: str) -> Response:
        """Return the newest app profiles; 7014 where some were named and are not there."""
        named = {name: value for name, value in fields.items() if value}
        if services.has_contacts(app):
            named.pop("device_id", None)
        rows = services.app_profiles(app).filter(**named).order_by("-id")[:_MOST]
        if named and not rows:
            raise _refused(Outcome.NO_APP_PROFILE)
        return Response(answers.records(answers.app_profile(row) for row in rows))


class AppProfilesView(_AppView):
    """The app profiles of an app."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, *_WHICH, OpenApiParameter("transid", str)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, app_id: str) -> Response:
        """Return the app profiles of a user, of all (the newest 100), or a batch's result."""
        if transid := asked(request, "transid"):
            return batch_result(self, transid)
        app = self.app(app_id)
        user = {services.user_field(app): asked(request, "identifier")}
        return self.listed(app, device_id=asked(request, "deviceid"), **user)

    @extend_schema(
        tags=TAG, parameters=[KEY], request=RecordsBody, responses={202: QueuedAnswer}
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Make app profiles of customers."""
        app = self.app(app_id)
        return queued(services.create_app_profiles(app=app, records=self.records()))

    @extend_schema(
        tags=TAG, parameters=[KEY], request=RecordsBody, responses={202: QueuedAnswer}
    )
    def put(self, request: Request, app_id: str) -> Response:
        """Merge attributes into app profiles of customers."""
        app = self.app(app_id)
        return queued(services.update_app_profiles(app=app, records=self.records()))

    @extend_schema(
        tags=TAG,
        parameters=[KEY, *_WHICH],
        request=RecordsBody,
        responses={202: QueuedAnswer},
    )
    def delete(self, request: Request, app_id: str) -> Response:
        """Delete the app profiles of a user, of one device of theirs, or those of the body."""
        app = self.app(app_id)
        user = asked(request, "identifier")
        if not user and not request.data:
            raise ProfileError("7003", "identifier is missing.", HTTPStatus.BAD_REQUEST)
        records = (
            [Record(user, _of_user(app, user, asked(request, "deviceid")))]
            if user
            else self.records()
        )
        return queued(services.delete_app_profiles(app=app, records=records))


class CustomerAppProfilesView(_AppView):
    """The app profiles of a customer in an app."""

    @extend_schema(
        operation_id="resources_v2_customerappprofile_of_customer_retrieve",
        tags=TAG,
        parameters=[KEY],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, app_id: str, customer_id: str) -> Response:
        """Return the app profiles of the customer."""
        if unstorable(customer_id):
            raise _refused(Outcome.NO_APP_PROFILE)
        return self.listed(self.app(app_id), customer__customer_id=customer_id)


class DeviceAppProfileView(_AppView):
    """One device of a customer or user."""

    @extend_schema(
        operation_id="resources_v2_customerappprofile_of_device_destroy",
        tags=TAG,
        parameters=[KEY],
        responses={202: QueuedAnswer},
    )
    def delete(
        self, request: Request, app_id: str, customer_id: str, device_id: str
    ) -> Response:
        """Delete the app profile; the device must register again."""
        app = self.app(app_id)
        if unstorable(customer_id) or unstorable(device_id):
            raise _refused(Outcome.NO_APP_PROFILE)
        record = Record(customer_id, {"deviceId": device_id})
        return queued(services.delete_app_profiles(app=app, records=[record]))


def _of_user(app: App, user: str, device_id: str) -> dict[str, Any]:
    name = services.user_word(app)
    return {name: user} | ({"deviceId": device_id} if device_id else {})


def _refused(outcome: Outcome) -> ProfileError:
    return ProfileError(outcome.code, f"{outcome.description}.", HTTPStatus.NOT_FOUND)
