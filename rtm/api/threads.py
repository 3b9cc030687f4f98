"""``/api/v1/threads/``: conversations and announcements of apps."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps.models import App
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.rtm import threads as services
from imiconnect.rtm.desk.services import change_thread
from imiconnect.rtm.live import tell_of_conversation
from imiconnect.rtm.models import Stream, Thread, Topic
from imiconnect.rtm.rest.fields import JSONObject, NameField
from imiconnect.sharing.models import Service


class ThreadChangesSerializer(serializers.Serializer[Any]):
    """What can be changed of a thread; what is left out stays."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    status = serializers.ChoiceField(choices=Thread.Status.choices, required=False)
    category = serializers.CharField(required=False, allow_blank=True, max_length=100)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=100)
    extras = JSONObject(required=False)


class NewThreadSerializer(serializers.Serializer[Any]):
    """A thread to open: with a user, with a topic, or with anybody."""

    app = serializers.UUIDField()
    type = serializers.ChoiceField(choices=Thread.Type.choices)
    user_id = NameField(required=False, allow_blank=True, default="")
    topic = serializers.UUIDField(allow_null=True, default=None)
    service = serializers.UUIDField(allow_null=True, default=None)
    stream = serializers.UUIDField(allow_null=True, default=None)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    category = serializers.CharField(required=False, allow_blank=True, max_length=100)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=100)
    extras = JSONObject(required=False)


class ThreadSerializer(serializers.Serializer[Any]):
    """A thread."""

    id = serializers.UUIDField()
    app = serializers.UUIDField(source="app_id")
    type = serializers.CharField()
    status = serializers.CharField()
    title = serializers.CharField()
    category = serializers.CharField()
    external_id = serializers.CharField()
    extras = JSONObject()
    user_id = serializers.CharField()
    topic = serializers.UUIDField(source="topic_id", allow_null=True)
    service = serializers.UUIDField(source="service_id", allow_null=True)
    stream = serializers.UUIDField(source="stream_id", allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    waits_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when the customer waits for an agent."
    )


class ThreadQuery(serializers.Serializer[Any]):
    """Filters of the list."""

    app = serializers.UUIDField(required=False)
    user_id = serializers.CharField(required=False)
    topic = serializers.UUIDField(required=False)
    stream = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Thread.Status.choices, required=False)


class ThreadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Threads of the apps that the caller may see."""

    queryset = Thread.objects.none()
    serializer_class = ThreadSerializer
    acts: ClassVar = dict.fromkeys(("create", "partial_update"), Act.CONVERSE)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the threads of the filters."""
        rows = self.visible(Thread.objects.visible_to)
        if self.action != "list":
            return rows
        query = ThreadQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return rows.filter(**query.validated_data)

    @extend_schema(
        parameters=[
            OpenApiParameter(name, str)
            for name in ("app", "user_id", "topic", "stream", "status")
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewThreadSerializer, responses={201: ThreadSerializer})
    def create(self, request: Request) -> Response:
        """Open a thread."""
        values = checked_body(NewThreadSerializer, request)
        member = self.member
        app = get_object_or_404(App.objects.visible_to(member), pk=values.pop("app"))
        found = {
            name: get_object_or_404(rows, pk=key) if key else None
            for name, rows in (
                ("topic", Topic.objects.visible_to(member)),
                ("service", Service.objects.visible_to(member)),
                ("stream", Stream.objects.visible_to(member)),
            )
            for key in [values.pop(name)]
        }
        place = services.Place(app=app, user_id=values.pop("user_id"), **found)
        thread = services.create_thread(place=place, **values)
        return Response(ThreadSerializer(thread).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ThreadChangesSerializer, responses=ThreadSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename, close or open a thread again; it is on record as what the desk does."""
        thread = self.get_object()
        values = checked_body(ThreadChangesSerializer, request)
        changed = change_thread(thread=thread, **values)
        tell_of_conversation(changed)
        return Response(ThreadSerializer(changed).data)
