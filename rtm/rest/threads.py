"""Calls on threads, by devices and by customers' servers."""

import datetime as dt
from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.apps.models import App
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm import threads as services
from imiconnect.rtm.models import Message, Stream, Thread
from imiconnect.rtm.protocol.envelopes import DELETED
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.rest import thread_bodies as bodies
from imiconnect.rtm.rest.base import RtmsView
from imiconnect.rtm.rest.device_bodies import DeleteMessageBody, DoneAnswer
from imiconnect.rtm.rest.devices import DONE, KEY, SERVICE_KEY, TOKEN
from imiconnect.rtm.rest.errors import Code, RtmsError
from imiconnect.rtm.rest.queries import query_of
from imiconnect.rtm.rest.topics import topic_of
from imiconnect.rtm.streams import stream_of

TAG = ["RTM threads"]
#: No id can tell of an earlier time.
_FIRST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MOST_BESIDE = 100


class _ThreadsView(RtmsView):
    def page(self, request: Request, rows: "QuerySet[Thread]", user_id: str = "") -> Response:
        """Answer a part of a list, latest change first."""
        query = query_of(bodies.PageQuery, request)
        if query["fetchunreadcount"]:
            self.need_inbox()
        ordered = rows.select_related("stream", "topic").order_by("-updated_at", "-id")
        threads = list(ordered[query["start"] : query["start"] + query["limit"]])
        counted = query["fetchunreadcount"] and user_id
        unread = bodies.unread_counts(threads, user_id) if counted else {}
        listed = [
            bodies.thread_json(thread, unread.get(thread.pk, 0) if counted else None)
            for thread in threads
        ]
        total = {"total": rows.count(), "count": len(listed)}
        return self.listed(user_id, DONE | total | {"threads": listed})

    def thread_of(self, user_id: str, thread_id: str) -> Thread:
        """Return one thread of a user; raises ``RtmsError``."""
        try:
            rows = services.threads_of(self.app, user_id).select_related("stream", "topic")
            found = rows.filter(pk=UUID(thread_id)).first()
        except ValueError:
            found = None
        if found is None:
            missing = "The thread does not exist."
            raise RtmsError(Code.INVALID, missing, status=HTTPStatus.NOT_FOUND)
        return found


class AppThreadsView(_ThreadsView):
    """The threads of an app."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, SERVICE_KEY, bodies.PageQuery],
        responses=bodies.ThreadsAnswer,
    )
    def get(self, request: Request, app_id: str) -> Response:
        """List them, latest change first; for customers' servers."""
        self.need_server()
        return self.page(request, Thread.objects.filter(app=self.app))

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN, SERVICE_KEY],
        request=bodies.ThreadBody,
        responses=bodies.OneThreadAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Open a thread; one with a user needs a token of theirs.

        Announcements, and threads of a topic or of anybody, are opened by customers' servers.
        Devices of a user who has as many threads as the app's policy allows open no more.
        """
        values = self.body(bodies.ThreadBody)
        user_id, stream, topic = (values.pop(name) for name in ("userId", "stream", "topic"))
        if not user_id or values["type"] == Thread.Type.ANNOUNCEMENT:
            self.need_server()
        if user_id:
            self.user_devices(user_id)
        place = services.Place(
            app=self.app,
            user_id=user_id,
            topic=topic_of(self.app, topic) if topic else None,
            stream=self._stream(stream),
            service=self.service,
        )
        most = None if self.service else self.policy.threads_per_user
        try:
            thread = services.create_thread(place=place, at_most=most, **values)
        except services.TooMany:
            sentence = "The user has as many threads as the app's policy allows."
            status, reason = HTTPStatus.FORBIDDEN, "too_many_threads"
            raise RtmsError(Code.INVALID, sentence, status=status, reason=reason) from None
        return Response(DONE | {"thread": bodies.thread_json(thread)})

    def _stream(self, name: str) -> Stream | None:
        if not name:
            return stream_of(self.service) if self.service else None
        found: Stream | None = Stream.objects.filter(
            organization=self.app.organization_id, name=name
        ).first()
        if found is None:
            raise RtmsError(Code.NO_STREAM)
        return found


class StreamsView(RtmsView):
    """The streams of the organization."""

    @extend_schema(tags=TAG, parameters=[KEY], responses=DoneAnswer)
    def get(self, request: Request, app_id: str) -> Response:
        """List them by name."""
        rows = Stream.objects.filter(organization=self.app.organization_id).order_by("name")
        listed = [
            {"id": str(row.pk), "name": row.name, "created_on": row.created_at}
            for row in rows[:100]
        ]
        return Response(DONE | {"streams": listed})


class UserThreadsView(_ThreadsView):
    """The threads of a user."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN, SERVICE_KEY, bodies.PageQuery],
        responses=bodies.ThreadsAnswer,
    )
    def get(self, request: Request, app_id: str, user_id: str) -> Response:
        """List them, latest change first."""
        self.user_devices(user_id)
        return self.page(request, services.threads_of(self.app, user_id), user_id)


class UserThreadView(_ThreadsView):
    """One thread of a user."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN, SERVICE_KEY],
        request=bodies.ThreadChanges,
        responses=bodies.OneThreadAnswer,
    )
    def put(self, request: Request, app_id: str, user_id: str, thread_id: str) -> Response:
        """Rename, close or open it again; what is left out keeps its value."""
        changes = self.body(bodies.ThreadChanges)
        self.user_devices(user_id)
        thread = self.thread_of(user_id, thread_id)
        if not thread.user_id:
            self.need_server()
        if not changes:
            raise RtmsError(Code.MISSING, "There is nothing to change.")
        updated = services.update_thread(thread=thread, **changes)
        return Response(DONE | {"thread": bodies.thread_json(updated)})

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN, SERVICE_KEY],
        request=bodies.ThreadChanges,
        responses=bodies.OneThreadAnswer,
    )
    def post(self, request: Request, app_id: str, user_id: str, thread_id: str) -> Response:
        """The same, as customers' servers call it."""
        return self.put(request, app_id, user_id, thread_id)


class ThreadMessagesView(_ThreadsView):
    """The messages of a thread with a user."""

    @extend_schema(
        tags=TAG,
        parameters=[
            KEY,
            TOKEN,
            SERVICE_KEY,
            OpenApiParameter("from", str, description="Messages before this time (ISO 8601)."),
            OpenApiParameter("limit", int, description="1 to 100; 50 unless given."),
        ],
        responses=bodies.MessagesAnswer,
    )
    def get(self, request: Request, app_id: str, user_id: str, thread_id: str) -> Response:
        """List those before ``from``, newest first; none that was deleted."""
        query = query_of(bodies.MessagesQuery, request)
        self.user_devices(user_id)
        self.need_inbox()
        thread = self.thread_of(user_id, thread_id)
        rows = _shown_to(self.app, thread, user_id)
        before = query.get("from")
        part = rows.filter(pk__lt=first_uuid7_at(max(before, _FIRST))) if before else rows
        shown = bodies.thread_json(thread)
        listed = [
            bodies.message_json(message, self.app.app_id, shown)
            for message in _newest(part, query["limit"])
        ]
        total = {"total": rows.count(), "count": len(listed)}
        return self.listed(user_id, DONE | total | {"messages": listed})

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN, SERVICE_KEY],
        request=bodies.TidsBody,
        responses=bodies.DeletedAnswer,
    )
    def delete(self, request: Request, app_id: str, user_id: str, thread_id: str) -> Response:
        """Hide messages from the user's lists, at most 100; those of other threads stay."""
        tids = self.body(bodies.TidsBody)["tids"]
        self.user_devices(user_id)
        thread = self.thread_of(user_id, thread_id)
        rows = Message.objects.filter(pk__in=tids, thread=thread)
        found = [
            services.delete_message(app=self.app, user_id=user_id, tid=tid)
            for tid in rows.values_list("pk", flat=True).order_by("pk")
        ]
        return Response(DONE | {"count": sum(found)})


def _shown_to(app: App, thread: Thread, user_id: str) -> "QuerySet[Message]":
    """Return what a user has said and got in a thread, but what was deleted.

    What has failed was not for the user, as who does not fulfil its conditions.
    """
    rows: QuerySet[Message] = Message.objects.filter(thread=thread, app=app, address=user_id)
    return rows.exclude(payload__has_key=DELETED).exclude(
        direction=Message.Direction.MT, state=State.FAILED
    )


def _newest(rows: "QuerySet[Message]", limit: int) -> list[Message]:
    """Return the newest messages, and those that a page before the last one's time would miss.

    Several may be of one millisecond, and an id may be younger than its message by the time
    that this took to be accepted.
    """
    found = list(rows.order_by("-id")[:limit])
    while found and len(found) >= limit:
        last = found[-1]
        since = first_uuid7_at(last.created_at)
        beside = rows.filter(pk__lt=last.pk, pk__gte=since).order_by("-id")[:_MOST_BESIDE]
        if not (more := list(beside)):
            break
        found += more
    return found


class DeleteMessageView(RtmsView):
    """A user deletes a message."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, TOKEN],
        request=DeleteMessageBody,
        responses=DoneAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Hide the message from the user's lists."""
        values = self.body(DeleteMessageBody)
        device = self.device_of(values["clientId"])
        found = services.delete_message(
            app=self.app,
            user_id=device.user_id,
            tid=values["tid"],
            device_id=device.device_id,
        )
        if not found:
            missing = "The message does not exist."
            raise RtmsError(Code.INVALID, missing, status=HTTPStatus.NOT_FOUND)
        return Response(DONE)
