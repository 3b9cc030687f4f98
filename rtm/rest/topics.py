"""Calls on topics and their subscribers, by devices and by customers' servers."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm import topics as services
from imiconnect.rtm.models import Subscription, Topic
from imiconnect.rtm.rest import topic_bodies as bodies
from imiconnect.rtm.rest.base import RtmsView
from imiconnect.rtm.rest.device_bodies import DoneAnswer
from imiconnect.rtm.rest.devices import DONE, KEY, SERVICE_KEY, TOKEN
from imiconnect.rtm.rest.errors import Code, RtmsError
from imiconnect.rtm.rest.queries import named, query_of

TAG = ["RTM topics"]
_START = OpenApiParameter("start", int)
_LIMIT = OpenApiParameter("limit", int, description="1 to 100; 100 unless given.")


def topic_of(app: App, name: str) -> Topic:
    """Return a topic of an app by its id or its name; raises ``RtmsError``."""
    found: Topic | None = named(Topic.objects.filter(app=app).select_related("app"), name)
    if found is None:
        missing = f"The topic “{name[:100]}” does not exist."
        raise RtmsError(Code.NO_APP, missing, status=HTTPStatus.NOT_FOUND)
    return found


def refused(error: ValidationError) -> RtmsError:
    """Return what a service refuses as the documented error."""
    code = Code.TAKEN if isinstance(error, services.NameTaken) else Code.INVALID
    return RtmsError(code, " ".join(error.messages))


class TopicsView(RtmsView):
    """The topics of an app."""

    @extend_schema(
        operation_id="rtmsAPI_api_v3_apps_topics_list",
        tags=TAG,
        parameters=[KEY, SERVICE_KEY, _START, _LIMIT],
        responses=bodies.TopicsAnswer,
    )
    def get(self, request: Request, app_id: str) -> Response:
        """List them by name; for customers' servers."""
        self.need_server()
        query = query_of(bodies.TopicsQuery, request)
        rows = Topic.objects.filter(app=self.app).order_by("name", "id")
        return Response(DONE | _page(services.with_subscribers(rows), query))

    @extend_schema(
        tags=TAG,
        parameters=[KEY, SERVICE_KEY],
        request=bodies.TopicBody,
        responses=bodies.NewTopicAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Create one; for customers' servers."""
        values = self.body(bodies.TopicBody)
        self.need_server()
        try:
            topic = services.create_topic(app=self.app, **values)
        except ValidationError as error:
            raise refused(error) from None
        made = {"id": str(topic.pk), "trans_id": str(uuid7())}
        return Response(DONE | made | {"topic": bodies.topic_json(topic)})


class TopicView(RtmsView):
    """One topic, by its id or name."""

    @extend_schema(tags=TAG, parameters=[KEY, SERVICE_KEY], responses=bodies.OneTopicAnswer)
    def get(self, request: Request, app_id: str, topic: str) -> Response:
        """Show it; for customers' servers."""
        self.need_server()
        return Response(DONE | {"topic": bodies.topic_json(topic_of(self.app, topic))})

    @extend_schema(
        tags=TAG,
        parameters=[KEY, SERVICE_KEY],
        request=bodies.TopicChanges,
        responses=bodies.OneTopicAnswer,
    )
    def put(self, request: Request, app_id: str, topic: str) -> Response:
        """Change it; what is left out keeps its value."""
        self.need_server()
        changes = self.body(bodies.TopicChanges)
        found = topic_of(self.app, topic)
        try:
            changed = services.update_topic(topic=found, **changes)
        except ValidationError as error:
            raise refused(error) from None
        return Response(DONE | {"topic": bodies.topic_json(changed)})

    @extend_schema(tags=TAG, parameters=[KEY, SERVICE_KEY], responses=DoneAnswer)
    def delete(self, request: Request, app_id: str, topic: str) -> Response:
        """Delete it with its subscriptions."""
        self.need_server()
        services.delete_topic(topic=topic_of(self.app, topic))
        return Response(DONE)


class SubscribersView(RtmsView):
    """The subscribers of a topic."""

    @extend_schema(
        operation_id="rtmsAPI_api_v3_apps_topics_users_list",
        tags=TAG,
        parameters=[KEY, SERVICE_KEY, _START, _LIMIT],
        responses=bodies.SubscribersAnswer,
    )
    def get(self, request: Request, app_id: str, topic: str) -> Response:
        """List them by id; for customers' servers."""
        self.need_server()
        query = query_of(bodies.TopicsQuery, request)
        rows = Subscription.objects.filter(topic=topic_of(self.app, topic))
        part = rows.order_by("user_id")[query["start"] : query["start"] + query["limit"]]
        users = list(part.values_list("user_id", flat=True))
        return Response(DONE | {"total": rows.count(), "count": len(users), "users": users})

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN, SERVICE_KEY],
        request=bodies.UsersBody,
        responses=bodies.CountAnswer,
    )
    def post(self, request: Request, app_id: str, topic: str) -> Response:
        """Subscribe the users of the array; a device subscribes its own user only."""
        users = bodies.user_ids(self.data())
        found = topic_of(self.app, topic)
        if len(users) == 1:
            self.user_devices(users[0])
        else:
            self.need_server()
        try:
            added = services.subscribe(topic=found, user_ids=users)
        except ValidationError as error:
            raise refused(error) from None
        return Response(DONE | {"count": added})


class SubscriberView(RtmsView):
    """One user's subscription of a topic."""

    @extend_schema(
        tags=TAG, parameters=[KEY, TOKEN, SERVICE_KEY], responses=bodies.SubscribedAnswer
    )
    def get(self, request: Request, app_id: str, topic: str, user_id: str) -> Response:
        """Tell whether the user is subscribed; a GET changes nothing here."""
        self.user_devices(user_id)
        rows = Subscription.objects.filter(topic=topic_of(self.app, topic), user_id=user_id)
        return Response(DONE | {"subscribed": rows.exists()})

    @extend_schema(tags=TAG, parameters=[KEY, TOKEN, SERVICE_KEY], responses=bodies.CountAnswer)
    def delete(self, request: Request, app_id: str, topic: str, user_id: str) -> Response:
        """Unsubscribe the user."""
        self.user_devices(user_id)
        found = topic_of(self.app, topic)
        return Response(DONE | {"count": services.unsubscribe(topic=found, user_ids=[user_id])})


class UserTopicsView(RtmsView):
    """The topics of an app as one user sees them."""

    @extend_schema(
        tags=TAG,
        parameters=[
            KEY,
            TOKEN,
            SERVICE_KEY,
            _START,
            _LIMIT,
            OpenApiParameter("subscribed", str, description="true, false or both."),
        ],
        responses=bodies.TopicsAnswer,
    )
    def get(self, request: Request, app_id: str, user_id: str) -> Response:
        """List them by name with ``subscribed``."""
        self.user_devices(user_id)
        query = query_of(bodies.UserTopicsQuery, request)
        own = Subscription.objects.filter(topic=OuterRef("pk"), user_id=user_id)
        rows = Topic.objects.filter(app=self.app).annotate(subscribed=Exists(own))
        if query["subscribed"] != "both":
            rows = rows.filter(subscribed=query["subscribed"] == "true")
        return self.listed(user_id, DONE | _page(rows.order_by("name", "id"), query))


def _page(rows: "QuerySet[Any]", query: dict[str, Any]) -> dict[str, Any]:
    part = rows[query["start"] : query["start"] + query["limit"]]
    listed = [bodies.topic_json(row) for row in part]
    return {"total": rows.count(), "count": len(listed), "topics": listed}
