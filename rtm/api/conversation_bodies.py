"""Bodies and answers of the calls on conversations."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imiconnect.rtm.desk import services
from imiconnect.rtm.desk.contents import File
from imiconnect.rtm.desk.conversations import NO_STREAM, SHOWS, Listed, Said
from imiconnect.rtm.desk.files import MOST_FILES, limits_of
from imiconnect.rtm.models import ThreadGuest
from imiconnect.rtm.protocol.topics import MAX_NAME
from imiconnect.rtm.rest.fields import PlainField

_MAX_KEY = 255


class ConversationQuery(serializers.Serializer[Any]):
    """Filters of the list."""

    show = serializers.ChoiceField(
        SHOWS,
        default="waiting",
        help_text="waiting: who waits longest first; the others, newest first.",
    )
    stream = serializers.CharField(
        default="", allow_blank=True, help_text=f"The id of a stream, or {NO_STREAM}."
    )
    app = serializers.UUIDField(required=False)
    user_id = serializers.CharField(default="", allow_blank=True, max_length=MAX_NAME)

    def validate_stream(self, value: str) -> str:
        """Hold that it is an id or the word for none."""
        if value not in ("", NO_STREAM):
            serializers.UUIDField().run_validation(value)
        return value


class AgentBody(serializers.Serializer[Any]):
    """An agent of ``agents/``."""

    agent = serializers.UUIDField()


class ReplyBody(serializers.Serializer[Any]):
    """An answer of a text alone."""

    text = PlainField(max_length=services.MAX_TEXT, allow_blank=True, default="")


class ReplyWithFilesBody(ReplyBody):
    """An answer with files, as a form; ``takes`` of the conversation says which ones."""

    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        default=list,
        max_length=MOST_FILES,
    )


class KeyQuery(serializers.Serializer[Any]):
    """The header by which an answer is sent once."""

    key = PlainField(max_length=_MAX_KEY, allow_blank=True)


class DeskAgentSerializer(serializers.Serializer[Any]):
    """Somebody who answers customers."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="user.name")
    role = serializers.CharField()


class DeskStreamSerializer(serializers.Serializer[Any]):
    """A stream; ``open`` counts its open conversations that the caller sees."""

    stream = serializers.SerializerMethodField(help_text="null: those without a stream.")
    name = serializers.CharField()
    open = serializers.IntegerField()

    def get_stream(self, row: Any) -> str | None:
        """Return the id of the stream."""
        return None if row.key == NO_STREAM else str(row.key)


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation in the list."""

    id = serializers.UUIDField(source="thread.pk")
    app = serializers.UUIDField(source="thread.app_id")
    user_id = serializers.CharField(source="thread.user_id")
    customer = serializers.CharField(help_text="The customer's name, or else their ID.")
    title = serializers.CharField(source="thread.title")
    status = serializers.CharField(source="thread.status")
    stream = serializers.UUIDField(source="thread.stream_id", allow_null=True)
    agent = DeskAgentSerializer(
        source="thread.assignment.agent", allow_null=True, help_text="Who has it."
    )
    waits_since = serializers.DateTimeField(source="thread.waits_since", allow_null=True)
    preview = serializers.CharField(help_text="One line of the newest message.")
    last_message_at = serializers.DateTimeField(source="at")
    is_last_from_customer = serializers.BooleanField(source="waits")
    created_at = serializers.DateTimeField(source="thread.created_at")
    updated_at = serializers.DateTimeField(source="thread.updated_at")


class GuestSerializer(serializers.Serializer[Any]):
    """An agent who is let in."""

    id = serializers.UUIDField(source="agent_id")
    name = serializers.CharField(source="agent.user.name")


class OneConversationSerializer(ConversationSerializer):
    """A conversation: also who is let in, and which files its channel takes."""

    guests = serializers.SerializerMethodField()
    is_shared = serializers.SerializerMethodField(
        help_text="Whether all agents see the conversations of its stream."
    )
    takes = serializers.SerializerMethodField(
        help_text="Bytes that a file of an answer may have, by its MIME type."
    )

    @extend_schema_field(GuestSerializer(many=True))
    def get_guests(self, row: Listed) -> Any:
        """Return the agents who see it beside the one who has it."""
        guests = ThreadGuest.objects.filter(thread=row.thread).select_related("agent__user")
        return GuestSerializer(guests.order_by("id"), many=True).data

    def get_is_shared(self, row: Listed) -> bool:
        """Return the switch of the stream."""
        return bool(row.thread.stream and row.thread.stream.is_shared)

    def get_takes(self, row: Listed) -> dict[str, int]:
        """Return what the channel takes."""
        return dict(limits_of(row.thread).sizes)


class FactSerializer(serializers.Serializer[Any]):
    """One answer, as of a form."""

    name = serializers.CharField()
    value = serializers.CharField()


class SaidFileSerializer(serializers.Serializer[Any]):
    """A file of a message."""

    name = serializers.CharField()
    kind = serializers.CharField(help_text="Such as Image.")
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    url = serializers.CharField(
        help_text="Here, with the caller's token, for a file that is kept; else the sender's."
    )
    where = serializers.CharField(help_text="Latitude and longitude of a place.")
    is_gone = serializers.BooleanField(help_text="It is not kept any more.")
    had_no_room = serializers.BooleanField(help_text="The app's storage was full.")


class SaidSerializer(serializers.Serializer[Any]):
    """A message of a conversation."""

    tid = serializers.UUIDField(source="message.pk")
    is_from_customer = serializers.BooleanField(source="incoming")
    by = serializers.CharField(help_text="Who of the service has written it.")
    at = serializers.DateTimeField(source="message.created_at")
    state = serializers.CharField()
    code = serializers.IntegerField(source="message.code")
    reason = serializers.CharField(source="message.reason")
    text = serializers.CharField(source="content.text")
    kind = serializers.CharField(source="content.kind", help_text="What the facts are.")
    facts = FactSerializer(source="content.facts", many=True)
    files = serializers.SerializerMethodField()
    interactive_data = serializers.SerializerMethodField()

    @extend_schema_field(SaidFileSerializer(many=True))
    def get_files(self, row: Said) -> list[dict[str, Any]]:
        """Return the files with where to read them."""
        return [_file(row, file) for file in row.content.files]

    def get_interactive_data(self, row: Said) -> dict[str, Any] | None:
        """Return the answer of a form or choice as the device has sent it."""
        found = row.message.payload.get("interactiveData")
        return found if isinstance(found, dict) else None


class AnsweredSerializer(serializers.Serializer[Any]):
    """An answer that was accepted, as one or more messages."""

    transids = serializers.ListField(child=serializers.UUIDField())
    not_sent = serializers.CharField(
        help_text="Why the rest of an answer of several messages was not accepted, or nothing."
    )


def _file(row: Said, file: File) -> dict[str, Any]:
    kept = [row.message.thread_id, row.message.pk, file.place]
    url = settings.PUBLIC_URL + reverse("api-conversation-file", args=kept)
    told = {
        "name": file.name,
        "kind": str(file.kind),
        "content_type": file.content_type,
        "size": file.size,
        "url": url if file.key else file.url,
        "where": file.where,
        "is_gone": file.is_gone,
        "had_no_room": file.had_no_room,
    }
    return dict(SaidFileSerializer(told).data)
