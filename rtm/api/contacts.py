"""``/api/v1/contacts/``: who is known on the channels of providers, and who may be answered."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.rest import MemberViewSet
from imiconnect.rtm.models import Contact


class ContactSerializer(serializers.Serializer[Any]):
    """An address of a customer on a channel of an app, and its window.

    ``window_ends_at`` and ``messages_left`` are null where the channel sets no such limit.
    ``closed_at`` is when the customer left, until they come back.
    """

    id = serializers.UUIDField(read_only=True)
    app = serializers.UUIDField(source="app_id", read_only=True)
    address = serializers.CharField(read_only=True)
    customer = serializers.UUIDField(source="customer_id", read_only=True, allow_null=True)
    last_in_at = serializers.DateTimeField(read_only=True, allow_null=True)
    closed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    window_ends_at = serializers.DateTimeField(read_only=True, allow_null=True)
    messages_left = serializers.IntegerField(read_only=True, allow_null=True)
    may_be_answered = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class ContactViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Contacts of the apps that the caller sees."""

    queryset = Contact.objects.none()
    serializer_class = ContactSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Return what may be seen, narrowed by ``search``, ``app_id`` and ``linked``."""
        rows: Any = self.visible(Contact.objects.visible_to).select_related("app")
        asked = self.request.query_params if self.request else {}
        linked = asked.get("linked")
        found: QuerySet[Any] = rows.found(
            words=asked.get("search", "").replace("\0", ""),
            app_id=asked.get("app_id", "").replace("\0", ""),
            linked=serializers.BooleanField().run_validation(linked) if linked else None,
        )
        return found

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="The address, or a customer ID."),
            OpenApiParameter("app_id", str),
            OpenApiParameter("linked", OpenApiTypes.BOOL),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return contacts, newest first."""
        return super().list(request, *args, **kwargs)
