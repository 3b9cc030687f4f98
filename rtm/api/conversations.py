"""``/api/v1/conversations/``: what the desk does, for desks of other programs.

Who sees which conversation, and what agents may do, is said by the services of the desk.
"""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.console.api import CursorPagination
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.rtm.api import conversation_bodies as bodies
from imiconnect.rtm.desk import contents, conversations, services
from imiconnect.rtm.desk.conversations import Listed, Pick
from imiconnect.rtm.desk.files import Attached
from imiconnect.rtm.live import tell_of_conversation
from imiconnect.rtm.media import addresses
from imiconnect.rtm.models import Message, Thread, ThreadGuest

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same answer with the same key is sent once, for 24 hours.",
)
_GUEST = r"guests/(?P<agent>[0-9a-f-]{36})"
_TID = r"messages/(?P<tid>[0-9a-f-]{36})/files/(?P<place>[0-9]{1,3})"


class HasAgent(exceptions.APIException):
    """Another agent has the conversation; 409."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "taken"


class UsedBefore(exceptions.APIException):
    """The idempotency key was used with another answer; 422."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_used"


class _Pages(CursorPagination):
    """Pages of rows in an order of their own."""

    def __init__(self, order: tuple[str, ...]) -> None:
        self._order = order

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return self._order


class ConversationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Conversations that the caller sees as an agent."""

    queryset = Thread.objects.none()
    serializer_class = bodies.ConversationSerializer

    def act_of(self, action: str | None) -> Act:
        """Return answering customers: who does not may not read along either."""
        return Act.CONVERSE

    def get_queryset(self) -> QuerySet[Any]:
        """Return the conversations of the caller's desk."""
        return conversations.ready(self.visible(conversations.conversations_for))

    def handle_exception(self, exc: Exception) -> Any:
        """Answer 409 for a conversation of another agent, 422 for a key that was used."""
        if isinstance(exc, services.Taken):
            exc = HasAgent(exc.words)
        elif isinstance(exc, services.SentBefore):
            exc = UsedBefore(" ".join(exc.messages))
        return super().handle_exception(exc)

    @extend_schema(parameters=[bodies.ConversationQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the conversations that fit."""
        asked = request.query_params.dict()
        query = bodies.ConversationQuery(data=asked)
        query.is_valid(raise_exception=True)
        pick = Pick(**query.validated_data)
        pages = _Pages(conversations.order_of(pick))
        found = conversations.picked(self.member, pick)
        threads: list[Thread] = pages.paginate_queryset(found, request, view=self) or []
        rows = bodies.ConversationSerializer(conversations.drawn(threads), many=True)
        return pages.get_paginated_response(rows.data)

    @extend_schema(responses=bodies.OneConversationSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one, with who is let in and which files may be sent."""
        return self._shown()

    @extend_schema(responses=bodies.DeskStreamSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def streams(self, request: Request) -> Response:
        """List the streams with their open conversations, those without a stream last."""
        rows = conversations.streams_for(self.member)
        return Response(bodies.DeskStreamSerializer(rows, many=True).data)

    @extend_schema(responses=bodies.DeskAgentSerializer(many=True))
    @action(detail=False)
    def agents(self, request: Request) -> Response:
        """List who may answer, of the caller's level and below; newest seat first."""
        page = self.paginate_queryset(conversations.agents_for(self.member))
        return self.get_paginated_response(bodies.DeskAgentSerializer(page, many=True).data)

    @extend_schema(responses=bodies.SaidSerializer(many=True))
    @action(detail=True)
    def messages(self, request: Request, pk: str) -> Response:
        """List the messages, newest first."""
        page = self.paginate_queryset(conversations.messages_in(self.get_object()))
        said = conversations.said_of(page or [])
        return self.get_paginated_response(bodies.SaidSerializer(said, many=True).data)

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request={
            "application/json": bodies.ReplyBody,
            "multipart/form-data": bodies.ReplyWithFilesBody,
        },
        responses={202: bodies.AnsweredSerializer},
    )
    @messages.mapping.post
    def reply(self, request: Request, pk: str) -> Response:
        """Answer with a text, files, or both; a conversation of nobody becomes the caller's."""
        thread = self.get_object()
        is_form = (request.content_type or "").startswith("multipart/")
        body = bodies.ReplyWithFilesBody if is_form else bodies.ReplyBody
        values = checked_body(body, request)
        not_sent = ""
        try:
            sent = services.reply(
                thread=thread,
                agent=self.member,
                text=values["text"],
                files=[_attached(file) for file in values.get("files", ())],
                once=self._once(),
            )
        except services.PartlySent as partly:
            sent, not_sent = partly.sent, str(partly)
        tell_of_conversation(thread)
        told = {"transids": [one.transid for one in sent], "not_sent": not_sent}
        answer = bodies.AnsweredSerializer(told).data
        return Response(answer, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="v1_conversations_files_retrieve",
        parameters=[OpenApiParameter("preview", bool, description="The picture of it.")],
        responses={302: None},
    )
    @action(detail=True, url_path=_TID, url_name="file", pagination_class=None)
    def file(self, request: Request, pk: str, tid: str, place: str) -> HttpResponse:
        """Lead to a file by an address that is good for a while; 404 when it is not kept."""
        rows = conversations.messages_in(self.get_object())
        message: Message = get_object_or_404(rows, pk=tid)
        row = contents.kept_file(message, int(place))
        if row is None or message.app is None:
            raise Http404
        preview = "preview" in request.query_params and row.has_preview
        url = addresses.address(message.app.app_id, row.pk, preview=preview)
        return HttpResponseRedirect(url, headers={"Cache-Control": "private, no-store"})

    @extend_schema(request=None, responses=bodies.OneConversationSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Take a conversation that nobody has; 409 when another agent was quicker."""
        thread = self.get_object()
        services.take(thread=thread, agent=self.member)
        return self._changed(thread)

    @extend_schema(request=bodies.AgentBody, responses={204: None})
    @action(detail=True, methods=["put"], url_path="agent")
    def hand_over(self, request: Request, pk: str) -> Response:
        """Give a conversation to an agent, whoever has it now."""
        thread, agent = self.get_object(), self._agent(request)
        services.hand_over(thread=thread, agent=agent)
        return self._done(thread)

    @extend_schema(responses={204: None})
    @hand_over.mapping.delete
    def give_back(self, request: Request, pk: str) -> Response:
        """Let a conversation wait for any agent again."""
        thread = self.get_object()
        services.hand_over(thread=thread, agent=None)
        return self._done(thread)

    @extend_schema(request=bodies.AgentBody, responses={204: None})
    @action(detail=True, methods=["post"], url_path="guests")
    def let_in(self, request: Request, pk: str) -> Response:
        """Let another agent see and answer."""
        thread, agent = self.get_object(), self._agent(request)
        services.let_in(thread=thread, agent=agent)
        return self._done(thread)

    @extend_schema(
        parameters=[OpenApiParameter("agent", uuid.UUID, OpenApiParameter.PATH)],
        responses={204: None},
    )
    @action(detail=True, methods=["delete"], url_path=_GUEST, url_name="guest")
    def send_out(self, request: Request, pk: str, agent: str) -> Response:
        """Take a guest's place away; the agent who has it, Admins and the guest may."""
        thread = self.get_object()
        guests = ThreadGuest.objects.filter(thread=thread).select_related("agent")
        guest = get_object_or_404(guests, agent=agent)
        services.send_out(thread=thread, agent=guest.agent, by=self.member)
        return self._done(thread)

    @extend_schema(request=None, responses=bodies.OneConversationSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Close a conversation; a message in it opens it again."""
        return self._set(Thread.Status.CLOSED)

    @extend_schema(request=None, responses=bodies.OneConversationSerializer)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str) -> Response:
        """Open a conversation again; who still waits keeps their place."""
        return self._set(Thread.Status.ACTIVE)

    def _set(self, wanted: Thread.Status) -> Response:
        thread = self.get_object()
        services.set_status(thread=thread, status=wanted.value)
        return self._changed(thread)

    def _changed(self, thread: Thread) -> Response:
        tell_of_conversation(thread)
        return self._shown()

    def _done(self, thread: Thread) -> Response:
        tell_of_conversation(thread)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self) -> Response:
        rows: list[Listed] = conversations.drawn([self.get_object()])
        return Response(bodies.OneConversationSerializer(rows[0]).data)

    def _agent(self, request: Request) -> Member:
        """Return the agent of the body; 400 for one who is not of ``agents/``."""
        key = checked_body(bodies.AgentBody, request)["agent"]
        found: Member | None = conversations.agents_for(self.member).filter(pk=key).first()
        if found is None:
            raise exceptions.ValidationError({"agent": ["Select an agent of agents/."]})
        return found

    def _once(self) -> uuid.UUID | None:
        """Return the name of an answer that the header gives, the caller's own."""
        given = {"key": self.request.headers.get("Idempotency-Key", "")}
        query = bodies.KeyQuery(data=given)
        if not query.is_valid():
            raise exceptions.ValidationError({"Idempotency-Key": query.errors["key"]})
        key = query.validated_data["key"]
        return uuid.uuid5(self.member.pk, key) if key else None


def _attached(file: Any) -> Attached:
    return Attached(str(file.name), str(file.content_type or ""), file.read())
