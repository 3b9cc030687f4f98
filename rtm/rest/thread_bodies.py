"""Bodies and answers of the calls on threads (facts/imiconnect.md, 18.4 and 18.5)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count
from rest_framework import serializers

from imiconnect.rtm.media.addresses import renewed
from imiconnect.rtm.models import Message, Thread
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.envelopes import CONTENT
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.rest.device_bodies import DoneAnswer
from imiconnect.rtm.rest.fields import JSONObject, NameField
from imiconnect.rtm.threads import unread_of

#: Words of the documented lists; "submited" is the vendor's spelling.
_STATUS = {State.SUBMITTED: "submited", State.DELIVERED: "delivered", State.READ: "read"}


class ThreadBody(serializers.Serializer[Any]):
    """``POST threads``."""

    type = serializers.ChoiceField(Thread.Type.choices)
    userId = NameField(required=False, allow_blank=True, default="")
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    category = serializers.CharField(required=False, allow_blank=True, max_length=100)
    externalid = serializers.CharField(
        required=False, allow_blank=True, max_length=100, source="external_id"
    )
    stream_name = serializers.CharField(
        required=False, allow_blank=True, max_length=100, default="", source="stream"
    )
    topic = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")
    extras = JSONObject(required=False)


class ThreadChanges(serializers.Serializer[Any]):
    """An update: what is left out keeps its value."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    status = serializers.ChoiceField(Thread.Status.choices, required=False)
    category = serializers.CharField(required=False, allow_blank=True, max_length=100)
    externalid = serializers.CharField(
        required=False, allow_blank=True, max_length=100, source="external_id"
    )
    extras = JSONObject(required=False)


class PageQuery(serializers.Serializer[Any]):
    """A part of a list of threads."""

    start = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=100)
    fetchunreadcount = serializers.BooleanField(default=False)


class MessagesQuery(serializers.Serializer[Any]):
    """A part of a thread's messages: those before ``from``, newest first."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``from``, which Python cannot name."""
        return {**super().get_fields(), "from": serializers.DateTimeField(required=False)}


class TidsBody(serializers.Serializer[Any]):
    """Messages by their ids."""

    tids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=100
    )


class DeletedAnswer(DoneAnswer):
    """How many messages were there."""

    count = serializers.IntegerField()


class ThreadAnswer(serializers.Serializer[Any]):
    """A thread as devices see it."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    type = serializers.CharField()
    status = serializers.CharField()
    category = serializers.CharField()
    externalid = serializers.CharField()
    extras = JSONObject()
    stream_name = serializers.CharField()
    topic = serializers.CharField()
    userId = serializers.CharField()
    created_on = serializers.CharField()
    updated_on = serializers.CharField()
    unread_msg_count = serializers.IntegerField(required=False)


class OneThreadAnswer(DoneAnswer):
    """One thread."""

    thread = ThreadAnswer()


class ThreadsAnswer(DoneAnswer):
    """A part of a list of threads."""

    total = serializers.IntegerField()
    count = serializers.IntegerField()
    threads = ThreadAnswer(many=True)


class MessagesAnswer(DoneAnswer):
    """A part of a thread's messages; each has the shape of the downlink."""

    total = serializers.IntegerField()
    count = serializers.IntegerField()
    messages = serializers.ListField(child=JSONObject())


def thread_json(thread: Thread, unread: int | None = None) -> dict[str, Any]:
    """Return a thread as devices see it."""
    counted = {} if unread is None else {"unread_msg_count": unread}
    return counted | {
        "id": str(thread.pk),
        "title": thread.title,
        "type": thread.type,
        "status": thread.status,
        "category": thread.category,
        "externalid": thread.external_id,
        "extras": thread.extras,
        "stream_name": thread.stream.name if thread.stream else "",
        "topic": thread.topic.name if thread.topic else "",
        "userId": thread.user_id,
        "created_on": iso(thread.created_at),
        "updated_on": iso(thread.updated_at),
    }


def message_json(message: Message, app_id: str, thread: dict[str, Any]) -> dict[str, Any]:
    """Return a message of the log in the shape of the downlink."""
    payload = renewed(app_id, message.payload)
    content = {name: payload[name] for name in CONTENT if name in payload}
    return content | {
        "tid": str(message.pk),
        "appId": app_id,
        # As the documentation of this list has it, in small letters (section 18.5).
        "appid": app_id,
        "userId": message.address,
        "deviceId": message.device_id,
        "channel": message.channel,
        "thread": thread,
        "outgoing": message.direction == Message.Direction.MO,
        "status": _STATUS.get(State(message.state), State(message.state).name.lower()),
        "created_on": iso(message.created_at),
        "delivered_at": iso(message.delivered_at),
        "read_at": iso(message.read_at),
    }


def unread_counts(threads: Iterable[Thread], user_id: str) -> dict[UUID, int]:
    """Return how many messages to the user are unread, for threads that have some."""
    rows = unread_of(user_id).filter(thread__in=[thread.pk for thread in threads])
    counted = rows.values_list("thread_id").annotate(Count("id")).order_by()
    return dict(counted)
