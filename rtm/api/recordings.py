"""``/api/v1/recordings/``: what callers said after the action Record."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.rest import MemberViewSet
from imiconnect.rtm.models import Recording
from imiconnect.rtm.telecom import recordings
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.rtm.views.recordings import sound_of


class RecordingSerializer(serializers.Serializer[Any]):
    """A recording; its sound is at ``audio/`` below its address once it is stored."""

    id = serializers.UUIDField()
    tid = serializers.UUIDField(source="message_id", help_text="The call in the log.")
    callid = serializers.CharField(source="call_id")
    address = serializers.CharField(help_text="Who called: digits.")
    line = serializers.CharField(help_text="The number that was called.")
    state = serializers.CharField(help_text="waiting (at the carrier), stored or lost")
    seconds = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()


class RecordingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """The recordings of calls that the caller of this interface may see."""

    queryset = Recording.objects.none()
    serializer_class = RecordingSerializer
    acts: ClassVar = {"destroy": Act.MANAGE_CUSTOMERS}

    def get_queryset(self) -> QuerySet[Any]:
        """Return them, of one caller or one call if that is given."""
        rows: QuerySet[Any] = self.visible(Recording.objects.visible_to)
        if self.action != "list":
            return rows
        asked = self.request.query_params
        if wanted := asked.get("address"):
            rows = rows.filter(address=digits_of(wanted))
        if call := asked.get("callid"):
            rows = rows.filter(call_id=call)
        return rows

    @extend_schema(
        parameters=[OpenApiParameter("address", str), OpenApiParameter("callid", str)]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={(200, "audio/*"): OpenApiTypes.BINARY})
    @action(detail=True, pagination_class=None)
    def audio(self, request: Request, pk: str) -> HttpResponse:
        """Send the sound, WAV or MP3; 404 while the carrier has it, and where it is lost."""
        return sound_of(self.get_object(), request)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a recording; the call stays in the log."""
        recordings.remove(recording=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
