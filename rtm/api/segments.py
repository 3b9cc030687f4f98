"""``/api/v1/segments/``: named groups of users."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.rest import checked_body
from imiconnect.rtm import segments as services
from imiconnect.rtm.api.named import NamedViewSet
from imiconnect.rtm.audience import size_of
from imiconnect.rtm.models import Segment
from imiconnect.rtm.protocol.expressions import MAX_EXPRESSION, MAX_NAME
from imiconnect.rtm.rest.fields import NameField
from imiconnect.rtm.topics import MAX_USERS


class SegmentChangesSerializer(serializers.Serializer[Any]):
    """What can be changed of a segment; what is left out stays."""

    name = serializers.CharField(required=False, max_length=MAX_NAME)
    criteria = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_EXPRESSION
    )
    user_ids = serializers.ListField(child=NameField(), required=False, max_length=MAX_USERS)


class NewSegmentSerializer(SegmentChangesSerializer):
    """A segment to make: ``criteria`` over topics, or ``user_ids``."""

    app = serializers.UUIDField()
    name = serializers.CharField(max_length=MAX_NAME)


class SegmentSerializer(serializers.Serializer[Any]):
    """A segment with the number of its users now."""

    id = serializers.UUIDField()
    app = serializers.UUIDField(source="app_id")
    name = serializers.CharField()
    criteria = serializers.CharField()
    users = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_users(self, segment: Segment) -> int:
        """Count them."""
        return size_of(segment)


class SegmentViewSet(NamedViewSet):
    """Segments of the apps that the caller may see."""

    queryset = Segment.objects.none()
    serializer_class = SegmentSerializer
    acts: ClassVar = dict.fromkeys(
        ("create", "partial_update", "destroy"), Act.MANAGE_CUSTOMERS
    )

    @extend_schema(request=NewSegmentSerializer, responses={201: SegmentSerializer})
    def create(self, request: Request) -> Response:
        """Make a segment."""
        values = checked_body(NewSegmentSerializer, request)
        segment = services.create_segment(app=self.app_of(values.pop("app")), **values)
        return Response(SegmentSerializer(segment).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=SegmentChangesSerializer, responses=SegmentSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a segment; ``user_ids`` replace the list."""
        segment = self.get_object()
        values = checked_body(SegmentChangesSerializer, request)
        changed = services.update_segment(segment=segment, **values)
        return Response(SegmentSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a segment."""
        services.delete_segment(segment=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
