"""Web subscriptions without a profile, and what devices say of pushes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.rtm.models import PushAddress
from imiconnect.rtm.push import addresses, tracking
from imiconnect.rtm.rest.base import RtmsView, find_app, no_proof
from imiconnect.rtm.rest.device_bodies import DoneAnswer
from imiconnect.rtm.rest.devices import DONE, KEY, SERVICE_KEY, TOKEN
from imiconnect.rtm.rest.errors import Code, RtmsError
from imiconnect.rtm.rest.fields import JSONObject, JSONParser
from imiconnect.rtm.rest.queries import query_of
from imiconnect.vault import digest

TAG = ["RTM push"]
_LINK_A_DEVICE = (
    "This app links customers only with a one-time PIN: register the browser as a device of "
    "theirs and subscribe with its clientId."
)


class SubscribeBody(serializers.Serializer[Any]):
    """A browser's subscription, as ``PushSubscription.toJSON()`` gives it."""

    subscription = JSONObject()
    clientId = serializers.CharField(
        required=False, max_length=1024, help_text="Links it to a registered device."
    )
    replaces = serializers.CharField(
        required=False, max_length=2000, help_text="The endpoint that it stands in for."
    )


class PushSubscribedAnswer(DoneAnswer):
    """The id under which messages reach the subscription."""

    pushId = serializers.UUIDField()


class UnsubscribeBody(serializers.Serializer[Any]):
    """A subscription that ends; its endpoint proves whose it is."""

    pushId = serializers.UUIDField()
    endpoint = serializers.CharField(max_length=2000)


class LinkBody(UnsubscribeBody):
    """The customer whose browser it is."""

    customerId = serializers.CharField(max_length=100, allow_blank=True)


class TrackBody(serializers.Serializer[Any]):
    """2 delivered, 3 read, 4 clicked."""

    tid = serializers.UUIDField()
    status = serializers.ChoiceField(choices=list(tracking.KINDS))


class TrackQuery(serializers.Serializer[Any]):
    """A push that has been shown, as workers of existing sites name it."""

    tid = serializers.UUIDField()
    appId = serializers.CharField(required=False)


class SubscribeView(RtmsView):
    """A browser subscribes."""

    is_sealed = False

    @extend_schema(
        tags=TAG, parameters=[KEY, TOKEN], request=SubscribeBody, responses=PushSubscribedAnswer
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Keep the subscription; no profile and no contact detail is needed."""
        values = self.body(SubscribeBody)
        named = values.get("clientId")
        device = self.device_of(named) if named else None
        try:
            kept = addresses.subscribe(
                app=self.app,
                subscription=values["subscription"],
                device=device,
                replaces=values.get("replaces", ""),
            )
        except addresses.BadAddress as error:
            raise RtmsError(Code.INVALID, f"subscription: {error}") from None
        return Response(DONE | {"pushId": str(kept.pk)})


class UnsubscribeView(RtmsView):
    """A subscription ends."""

    is_sealed = False

    @extend_schema(tags=TAG, parameters=[KEY], request=UnsubscribeBody, responses=DoneAnswer)
    def post(self, request: Request, app_id: str) -> Response:
        """Delete the subscription; one that is gone already is no error."""
        values = self.body(UnsubscribeBody)
        addresses.forget(app=self.app, push_id=values["pushId"], endpoint=values["endpoint"])
        return Response(DONE)


class LinkView(RtmsView):
    """A subscription is linked to a customer later."""

    is_sealed = False

    @extend_schema(
        tags=TAG, parameters=[KEY, SERVICE_KEY], request=LinkBody, responses=DoneAnswer
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Link the subscription to a customer that exists, or unlink it.

        What is sent to the customer is shown there, so whoever links proves as much as a device
        that becomes the customer's.
        """
        values = self.body(LinkBody)
        if values["customerId"]:
            self.check_linking(values["customerId"])
            if self.policy.pin_required and self.service is None:
                raise no_proof(_LINK_A_DEVICE)
        found = (
            PushAddress.objects.select_related("app")
            .filter(app=self.app, pk=values["pushId"], digest=digest(values["endpoint"]))
            .first()
        )
        if found is None:
            raise RtmsError(Code.NO_USER, "There is no such subscription.")
        try:
            addresses.link(address=found, customer_id=values["customerId"])
        except LookupError:
            raise RtmsError(Code.NO_USER, "There is no such customer.") from None
        return Response(DONE)


class PlainJSON(JSONParser):
    """JSON that is sent as plain text, as a page without leave to send JSON does."""

    media_type = "text/plain"


class TrackView(RtmsView):
    """What a device says of a push; a service worker has no key, and needs none."""

    is_sealed = False

    parser_classes = (JSONParser, PlainJSON)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the app; the message's id is what proves that it was received."""
        self.app = find_app(kwargs["app_id"])

    def _allows(self, origin: str, kwargs: dict[str, Any]) -> bool:
        return False

    @extend_schema(tags=TAG, parameters=[TrackQuery], responses=DoneAnswer)
    def get(self, request: Request, app_id: str) -> Response:
        """Take the receipt "delivered", as workers of existing sites send it."""
        query = query_of(TrackQuery, request)
        return self._tracked(query["tid"], tracking.DELIVERED)

    @extend_schema(tags=TAG, request=TrackBody, responses=DoneAnswer)
    def post(self, request: Request, app_id: str) -> Response:
        """Take a receipt."""
        values = self.body(TrackBody)
        return self._tracked(values["tid"], values["status"])

    def _tracked(self, tid: UUID, status: int) -> Response:
        if not tracking.track(app=self.app, tid=tid, status=status):
            raise RtmsError(Code.INVALID, "There is no such message.")
        return Response(DONE)
