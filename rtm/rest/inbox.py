"""Calls of the Server Side Inbox beyond threads: how many are unread, and who is typing."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.rtm import threads, typing
from imiconnect.rtm.models import Thread
from imiconnect.rtm.rest.base import RtmsView
from imiconnect.rtm.rest.device_bodies import ClientBody, DoneAnswer
from imiconnect.rtm.rest.devices import DONE, KEY, SERVICE_KEY, TOKEN
from imiconnect.rtm.rest.errors import Code, RtmsError

TAG = ["RTM inbox"]


class UnreadAnswer(DoneAnswer):
    """How many threads of a user have unread messages."""

    unread_thread_count = serializers.IntegerField()


class ThreadIdBody(serializers.Serializer[Any]):
    """A thread by its id."""

    id = serializers.UUIDField()


class TypingBody(ClientBody):
    """Who types where; ``state`` is what has just happened."""

    thread = ThreadIdBody()
    state = serializers.ChoiceField(["start", "stop"])


class AgentTypingBody(serializers.Serializer[Any]):
    """Somebody of the service types."""

    senderId = serializers.CharField(required=False, allow_blank=True, max_length=128)
    state = serializers.ChoiceField(["start", "stop"])


class UnreadThreadsView(RtmsView):
    """How many threads have something to read."""

    @extend_schema(tags=TAG, parameters=[KEY, TOKEN, SERVICE_KEY], responses=UnreadAnswer)
    def get(self, request: Request, app_id: str, user_id: str) -> Response:
        """Count the user's threads with unread messages."""
        self.user_devices(user_id)
        self.need_inbox()
        own = threads.threads_of(self.app, user_id).values("pk")
        unread = threads.unread_of(user_id).filter(thread__in=own)
        count = unread.values("thread").distinct().count()
        return Response(DONE | {"unread_thread_count": count})


class TypingView(RtmsView):
    """A device types, or has stopped."""

    @extend_schema(tags=TAG, parameters=[KEY, TOKEN], request=TypingBody, responses=DoneAnswer)
    def post(self, request: Request, app_id: str) -> Response:
        """Tell the others of the conversation, now; nothing of it is kept."""
        values = self.body(TypingBody)
        device = self.device_of(values["clientId"])
        thread = _conversation(self, device.user_id, values["thread"]["id"])
        typing.user_types(
            thread=thread,
            user_id=device.user_id,
            device_id=device.device_id,
            begun=values["state"] == "start",
        )
        return Response(DONE)


class AgentTypingView(RtmsView):
    """Somebody of the service types, or has stopped."""

    @extend_schema(
        tags=TAG, parameters=[KEY, SERVICE_KEY], request=AgentTypingBody, responses=DoneAnswer
    )
    def post(self, request: Request, app_id: str, user_id: str, thread_id: str) -> Response:
        """Tell the user's devices, now; for customers' servers."""
        self.need_server()
        values = self.body(AgentTypingBody)
        try:
            thread = _conversation(self, user_id, UUID(thread_id))
        except ValueError:
            raise _missing() from None
        typing.agent_types(
            thread=thread,
            user_id=user_id,
            sender=values.get("senderId", ""),
            begun=values["state"] == "start",
        )
        return Response(DONE)


def _conversation(view: RtmsView, user_id: str, key: UUID) -> Thread:
    rows = threads.threads_of(view.app, user_id).select_related("app")
    found: Thread | None = rows.filter(pk=key).first()
    if found is None:
        raise _missing()
    if found.type == Thread.Type.ANNOUNCEMENT:
        raise RtmsError(Code.NOT_SUPPORTED, "Nobody replies to an announcement.")
    return found


def _missing() -> RtmsError:
    missing = "The thread does not exist."
    return RtmsError(Code.INVALID, missing, status=HTTPStatus.NOT_FOUND)
