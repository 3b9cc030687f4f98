"""``/api/v1/customers/`` and ``/api/v1/app-profiles/``: the same services as the pages."""

import json
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps.models import App
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.rtm.customers import services
from imiconnect.rtm.customers.erasing import request_erasure
from imiconnect.rtm.customers.exporting import export_customer
from imiconnect.rtm.customers.timeline import Entry, timeline_of
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Customer, Device
from imiconnect.rtm.rest.fields import JSONObject, NameField, PlainField


class CustomerSerializer(serializers.Serializer[Any]):
    """A master profile."""

    id = serializers.UUIDField(read_only=True)
    customer_id = PlainField(max_length=100)
    attributes = JSONObject(required=False)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class AttributesSerializer(serializers.Serializer[Any]):
    """Attributes to merge; null removes one."""

    attributes = JSONObject()


class AppProfileSerializer(serializers.Serializer[Any]):
    """An app profile: a device of a user of an app."""

    id = serializers.UUIDField(read_only=True)
    app = serializers.UUIDField(source="app_id")
    user_id = NameField()
    device_id = NameField(required=False, allow_blank=True, default="")
    customer = serializers.UUIDField(source="customer_id", allow_null=True, required=False)
    attributes = JSONObject(required=False)
    platform = serializers.CharField(read_only=True)
    is_guest = serializers.BooleanField(read_only=True)
    is_connected = serializers.BooleanField(read_only=True)
    last_seen_at = serializers.DateTimeField(read_only=True, allow_null=True)
    unregistered_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class ChangedAppProfileSerializer(serializers.Serializer[Any]):
    """What can be changed of an app profile; ``customer`` null unlinks it."""

    customer = serializers.UUIDField(allow_null=True, required=False)
    attributes = JSONObject(required=False)


class EntrySerializer(serializers.Serializer[Any]):
    """One line of a timeline."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["message", "event", "push"])
    title = serializers.CharField()
    at = serializers.DateTimeField()
    state = serializers.CharField()
    words = serializers.CharField()
    where = serializers.CharField()


class TimelineSerializer(serializers.Serializer[Any]):
    """A page of a timeline; ``before`` asks for the next one, null at the end."""

    entries = EntrySerializer(many=True)
    before = serializers.UUIDField(allow_null=True)
    withheld = serializers.IntegerField(help_text="Conversations of other agents, left out.")
    is_cut = serializers.BooleanField(
        help_text="Messages of the newest conversations alone; the export has all of them."
    )


class CustomerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Master profiles of the organization."""

    queryset = Customer.objects.none()
    serializer_class = CustomerSerializer
    acts: ClassVar = {
        "create": Act.MANAGE_CUSTOMERS,
        "partial_update": Act.MANAGE_CUSTOMERS,
        "destroy": Act.MANAGE_CUSTOMERS,
        "export": Act.MANAGE_CUSTOMERS,
        "erase": Act.ERASE_CUSTOMERS,
    }

    def get_queryset(self) -> QuerySet[Any]:
        """Return what may be seen, narrowed by ``customer_id``."""
        rows = self.visible(Customer.objects.visible_to)
        wanted = self.request.query_params.get("customer_id", "") if self.request else ""
        return rows.filter(customer_id=wanted.replace("\0", "")) if wanted else rows

    @extend_schema(parameters=[OpenApiParameter("customer_id", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return customers, newest first, or the one with this customer ID."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=CustomerSerializer, responses={201: CustomerSerializer})
    def create(self, request: Request) -> Response:
        """Make a master profile."""
        values = checked_body(CustomerSerializer, request)
        made = create_customer(
            member=self.member,
            customer_id=values["customer_id"],
            attributes=services.checked_attributes(values.get("attributes", {})),
        )
        return Response(CustomerSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=AttributesSerializer, responses=CustomerSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Merge attributes into a profile."""
        customer = self.get_object()
        told = checked_body(AttributesSerializer, request)["attributes"]
        merged = {**customer.attributes, **told}
        changed = services.update_customer(customer=customer, attributes=merged)
        return Response(CustomerSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the profile; devices and messages stay."""
        services.delete_customer(customer=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: None})
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, pk: str) -> Response:
        """Erase all that names the customer; messages are emptied after the answer."""
        request_erasure(customer=self.get_object())
        return Response(status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["post"])
    def export(self, request: Request, pk: str) -> Response:
        """Return all that the caller may see of the customer; the reading is recorded."""
        pieces = export_customer(customer=self.get_object(), member=self.member)
        return Response(json.loads("".join(pieces)))

    @extend_schema(
        parameters=[
            OpenApiParameter("before", OpenApiTypes.UUID),
            OpenApiParameter("kind", str, enum=["message", "event"]),
        ],
        responses=TimelineSerializer,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """Return messages on every channel and events, newest first."""
        asked = serializers.UUIDField(required=False, allow_null=True)
        before = asked.run_validation(request.query_params.get("before") or None)
        page = timeline_of(
            self.get_object(),
            self.member,
            before=before,
            kind=request.query_params.get("kind", ""),
        )
        return Response(
            {
                "entries": [_entry(entry) for entry in page.entries],
                "before": page.older,
                "withheld": page.withheld,
                "is_cut": page.is_cut,
            }
        )


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.key,
        "kind": entry.kind,
        "title": str(entry.title),
        "at": entry.at,
        "state": entry.state,
        "words": entry.words,
        "where": entry.where,
    }


class AppProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """App profiles of the apps that the caller sees."""

    queryset = Device.objects.none()
    serializer_class = AppProfileSerializer
    acts: ClassVar = {
        "create": Act.MANAGE_CUSTOMERS,
        "partial_update": Act.MANAGE_CUSTOMERS,
        "destroy": Act.MANAGE_CUSTOMERS,
    }

    def get_queryset(self) -> QuerySet[Any]:
        """Return what may be seen, narrowed by ``user_id`` and ``customer``."""
        rows = self.visible(Device.objects.visible_to).select_related("app")
        asked = self.request.query_params if self.request else {}
        if user := asked.get("user_id"):
            rows = rows.filter(user_id=user.replace("\0", ""))
        if customer := asked.get("customer"):
            rows = rows.filter(customer=serializers.UUIDField().run_validation(customer))
        return rows

    @extend_schema(
        parameters=[
            OpenApiParameter("user_id", str),
            OpenApiParameter("customer", OpenApiTypes.UUID),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return app profiles, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=AppProfileSerializer, responses={201: AppProfileSerializer})
    def create(self, request: Request) -> Response:
        """Make an app profile before its device registers."""
        values = checked_body(AppProfileSerializer, request)
        device = services.create_app_profile(
            app=get_object_or_404(App.objects.at_or_below(self.member), pk=values["app_id"]),
            user_id=values["user_id"],
            device_id=values["device_id"],
            customer=self._customer(values.get("customer_id")),
            attributes=values.get("attributes"),
        )
        return Response(AppProfileSerializer(device).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedAppProfileSerializer, responses=AppProfileSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Link to a customer, unlink, or merge attributes."""
        device = self.get_object()
        values = checked_body(ChangedAppProfileSerializer, request)
        told = values.get("attributes")
        device = services.update_app_profile(
            device=device,
            attributes=None if told is None else {**device.attributes, **told},
            customer=self._customer(values.get("customer")),
            unlink="customer" in values and values["customer"] is None,
        )
        return Response(AppProfileSerializer(device).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a device: its tokens and its connection end."""
        services.delete_app_profile(device=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _customer(self, key: Any) -> Customer | None:
        if key is None:
            return None
        found: Customer = get_object_or_404(Customer.objects.visible_to(self.member), pk=key)
        return found
