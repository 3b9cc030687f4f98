"""Bodies and answers of the calls on topics and segments (facts/imiconnect.md, 18.5)."""

from typing import Any

from rest_framework import serializers

from imiconnect.rtm.models import Segment, Topic
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.expressions import MAX_EXPRESSION, MAX_NAME
from imiconnect.rtm.rest.device_bodies import DoneAnswer
from imiconnect.rtm.rest.fields import NameField
from imiconnect.rtm.topics import MAX_USERS


class TopicChanges(serializers.Serializer[Any]):
    """An update of a topic: what is left out keeps its value."""

    ref = serializers.CharField(
        required=False, allow_blank=True, max_length=200, source="title"
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=500)
    topic_group = serializers.CharField(
        required=False, allow_blank=True, max_length=100, source="group"
    )
    access_level = serializers.ChoiceField(
        Topic.Access.choices, required=False, source="access"
    )


class TopicBody(TopicChanges):
    """``POST topics``; ``ref`` is its title."""

    name = serializers.CharField(max_length=MAX_NAME)


class UsersBody(serializers.ListSerializer[Any]):
    """An array of user ids."""

    child = NameField()


class TopicsQuery(serializers.Serializer[Any]):
    """A part of a list."""

    start = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=100)


class UserTopicsQuery(TopicsQuery):
    """A part of the topics of a user."""

    subscribed = serializers.ChoiceField(["true", "false", "both"], default="both")


class TopicAnswer(serializers.Serializer[Any]):
    """A topic."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    ref = serializers.CharField()
    description = serializers.CharField()
    topic_group = serializers.CharField()
    access_level = serializers.CharField()
    created_on = serializers.CharField()
    subscribed = serializers.BooleanField(required=False)
    subscriber_count = serializers.IntegerField(required=False)


class NewTopicAnswer(DoneAnswer):
    """A new topic."""

    id = serializers.UUIDField()
    trans_id = serializers.UUIDField()
    topic = TopicAnswer()


class OneTopicAnswer(DoneAnswer):
    """One topic."""

    topic = TopicAnswer()


class TopicsAnswer(DoneAnswer):
    """A part of a list of topics."""

    total = serializers.IntegerField()
    count = serializers.IntegerField()
    topics = TopicAnswer(many=True)


class SubscribersAnswer(DoneAnswer):
    """A part of a list of subscribers."""

    total = serializers.IntegerField()
    count = serializers.IntegerField()
    users = serializers.ListField(child=serializers.CharField())


class CountAnswer(DoneAnswer):
    """How many users it has changed something for."""

    count = serializers.IntegerField()


class SubscribedAnswer(DoneAnswer):
    """Whether a user is subscribed."""

    subscribed = serializers.BooleanField()


class SegmentChanges(serializers.Serializer[Any]):
    """An update of a segment: what is left out keeps its value."""

    name = serializers.CharField(required=False, max_length=MAX_NAME)
    criteria = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_EXPRESSION
    )
    users = serializers.ListField(
        child=NameField(), required=False, max_length=MAX_USERS, source="user_ids"
    )


class SegmentBody(SegmentChanges):
    """``POST segments``: ``criteria`` over topics, or ``users``."""

    name = serializers.CharField(max_length=MAX_NAME)


class SegmentAnswer(serializers.Serializer[Any]):
    """A segment."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    criteria = serializers.CharField()
    user_count = serializers.IntegerField()
    created_on = serializers.CharField()
    updated_on = serializers.CharField()


class NewSegmentAnswer(DoneAnswer):
    """A segment that was made or changed."""

    id = serializers.UUIDField()
    trans_id = serializers.UUIDField()
    segment = SegmentAnswer()


class OneSegmentAnswer(DoneAnswer):
    """One segment."""

    segment = SegmentAnswer()


class SegmentsAnswer(DoneAnswer):
    """A part of a list of segments."""

    total = serializers.IntegerField()
    count = serializers.IntegerField()
    segments = SegmentAnswer(many=True)


def user_ids(body: Any) -> list[str]:
    """Return the user ids of an array; raises ``ValidationError``."""
    field = serializers.ListField(child=NameField(), allow_empty=False, max_length=MAX_USERS)
    users: list[str] = field.run_validation(body)
    return users


def topic_json(topic: Topic) -> dict[str, Any]:
    """Return a topic; with the counts that its query has added."""
    added = {"subscribed": "subscribed", "subscriber_count": "subscribers"}
    counted = {
        name: getattr(topic, attribute)
        for name, attribute in added.items()
        if hasattr(topic, attribute)
    }
    return counted | {
        "id": str(topic.pk),
        "name": topic.name,
        "ref": topic.title,
        "description": topic.description,
        "topic_group": topic.group,
        "access_level": topic.access,
        "created_on": iso(topic.created_at),
    }


def segment_json(segment: Segment, users: int) -> dict[str, Any]:
    """Return a segment with the number of its users now."""
    return {
        "id": str(segment.pk),
        "name": segment.name,
        "criteria": segment.criteria,
        "user_count": users,
        "created_on": iso(segment.created_at),
        "updated_on": iso(segment.updated_at),
    }
