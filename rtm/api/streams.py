"""``/api/v1/streams/``, and the one stream of a service."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.rtm import streams as services
from imiconnect.rtm.desk.services import share_stream
from imiconnect.rtm.models import Stream
from imiconnect.sharing.models import Service


class StreamSerializer(serializers.Serializer[Any]):
    """A conversation stream."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    is_shared = serializers.BooleanField(
        read_only=True, help_text="Whether all agents see all its conversations."
    )
    created_at = serializers.DateTimeField(read_only=True)


class StreamChangesSerializer(serializers.Serializer[Any]):
    """What can be changed of a stream; what is left out stays."""

    name = serializers.CharField(required=False, max_length=100)
    is_shared = serializers.BooleanField(required=False)


class ChosenStreamSerializer(serializers.Serializer[Any]):
    """Which stream a service is to use."""

    stream = serializers.UUIDField()


class StreamViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Conversation streams of the caller's organization."""

    queryset = Stream.objects.none()
    serializer_class = StreamSerializer
    acts: ClassVar = dict.fromkeys(("create", "partial_update", "destroy"), Act.MANAGE_SERVICES)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the streams that the caller may see."""
        return self.visible(Stream.objects.visible_to)

    @extend_schema(request=StreamSerializer, responses={201: StreamSerializer})
    def create(self, request: Request) -> Response:
        """Make a stream."""
        values = checked_body(StreamSerializer, request)
        stream = services.create_stream(member=self.member, **values)
        return Response(StreamSerializer(stream).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=StreamChangesSerializer, responses=StreamSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a stream; let every agent see all its conversations, or each the own again."""
        values, stream = checked_body(StreamChangesSerializer, request), self.get_object()
        if "name" in values:
            stream = services.rename_stream(stream=stream, name=values["name"])
        if "is_shared" in values:
            stream = share_stream(stream=stream, shared=values["is_shared"])
        return Response(StreamSerializer(stream).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a stream; 409 while a service uses it."""
        services.delete_stream(stream=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ServiceStreamViewSet(MemberViewSet):
    """The one stream of a service; other services may use the same."""

    queryset = Stream.objects.none()
    serializer_class = StreamSerializer
    acts: ClassVar = dict.fromkeys(("update", "destroy"), Act.MANAGE_SERVICES)

    def _service(self, pk: Any) -> Service:
        found: Service = get_object_or_404(Service.objects.visible_to(self.member), pk=pk)
        return found

    @extend_schema(responses=StreamSerializer)
    def retrieve(self, request: Request, pk: Any) -> Response:
        """Show it; 404 when the service has none."""
        stream = services.stream_of(self._service(pk))
        if stream is None:
            raise Http404
        return Response(StreamSerializer(stream).data)

    @extend_schema(request=ChosenStreamSerializer, responses=StreamSerializer)
    def update(self, request: Request, pk: Any) -> Response:
        """Choose it, in place of the one before."""
        service = self._service(pk)
        key = checked_body(ChosenStreamSerializer, request)["stream"]
        stream = get_object_or_404(Stream.objects.visible_to(self.member), pk=key)
        services.use_stream(service=service, stream=stream)
        return Response(StreamSerializer(stream).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: Any) -> Response:
        """Take it away."""
        services.leave_stream(service=self._service(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
