"""``/api/v1/topics/``: topics of apps and their subscribers."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.rest import checked_body
from imiconnect.rtm import topics as services
from imiconnect.rtm.api.named import NamedViewSet
from imiconnect.rtm.models import Subscription, Topic
from imiconnect.rtm.protocol.expressions import MAX_NAME
from imiconnect.rtm.rest.fields import NameField


class TopicChangesSerializer(serializers.Serializer[Any]):
    """What can be changed of a topic; what is left out stays."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=500)
    group = serializers.CharField(required=False, allow_blank=True, max_length=100)
    access = serializers.ChoiceField(choices=Topic.Access.choices, required=False)


class NewTopicSerializer(TopicChangesSerializer):
    """A topic to make."""

    app = serializers.UUIDField()
    name = serializers.CharField(max_length=MAX_NAME)


class TopicSerializer(serializers.Serializer[Any]):
    """A topic."""

    id = serializers.UUIDField()
    app = serializers.UUIDField(source="app_id")
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    group = serializers.CharField()
    access = serializers.CharField()
    subscribers = serializers.IntegerField(default=0)
    created_at = serializers.DateTimeField()


class UserIdsSerializer(serializers.Serializer[Any]):
    """Users, at most 1,000."""

    user_ids = serializers.ListField(
        child=NameField(), allow_empty=False, max_length=services.MAX_USERS
    )


class CountSerializer(serializers.Serializer[Any]):
    """For how many users something has changed."""

    count = serializers.IntegerField()


class SubscriptionSerializer(serializers.Serializer[Any]):
    """A subscriber."""

    id = serializers.IntegerField()
    user_id = serializers.CharField()
    created_at = serializers.DateTimeField()


class TopicViewSet(NamedViewSet):
    """Topics of the apps that the caller may see."""

    queryset = Topic.objects.none()
    serializer_class = TopicSerializer
    acts: ClassVar = dict.fromkeys(
        ("create", "partial_update", "destroy", "subscribe", "unsubscribe"),
        Act.MANAGE_CUSTOMERS,
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the topics with the number of their subscribers."""
        return services.with_subscribers(super().get_queryset())

    @extend_schema(request=NewTopicSerializer, responses={201: TopicSerializer})
    def create(self, request: Request) -> Response:
        """Make a topic."""
        values = checked_body(NewTopicSerializer, request)
        topic = services.create_topic(app=self.app_of(values.pop("app")), **values)
        return Response(TopicSerializer(topic).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TopicChangesSerializer, responses=TopicSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a topic."""
        topic = self.get_object()
        values = checked_body(TopicChangesSerializer, request)
        services.update_topic(topic=topic, **values)
        return Response(TopicSerializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a topic with its subscriptions."""
        services.delete_topic(topic=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=SubscriptionSerializer(many=True))
    @action(detail=True)
    def subscribers(self, request: Request, pk: str) -> Response:
        """List the subscribers, newest first."""
        rows = Subscription.objects.filter(topic=self.get_object())
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(SubscriptionSerializer(page, many=True).data)

    @extend_schema(request=UserIdsSerializer, responses=CountSerializer)
    @subscribers.mapping.post
    def subscribe(self, request: Request, pk: str) -> Response:
        """Subscribe users; those who are subscribed stay so."""
        topic = self.get_object()
        users = checked_body(UserIdsSerializer, request)["user_ids"]
        return Response({"count": services.subscribe(topic=topic, user_ids=users)})

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="subscribers/(?P<user_id>[^/]+)")
    def unsubscribe(self, request: Request, pk: str, user_id: str) -> Response:
        """Unsubscribe a user."""
        services.unsubscribe(topic=self.get_object(), user_ids=[user_id])
        return Response(status=status.HTTP_204_NO_CONTENT)
