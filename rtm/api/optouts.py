"""``/api/v1/opt-outs/`` and ``/api/v1/opt-out-words/``: who gets no SMS, and why."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.rtm.models import OptOut, OptWord
from imiconnect.rtm.telecom import optouts as services
from imiconnect.rtm.telecom.addresses import digits_of


class OptOutSerializer(serializers.Serializer[Any]):
    """A number that gets no SMS from a sender; an empty sender is every one."""

    id = serializers.UUIDField(read_only=True)
    address = serializers.CharField(max_length=32)
    sender = serializers.CharField(max_length=64, allow_blank=True, default="")
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # a column, not the option
    word = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class OptWordSerializer(serializers.Serializer[Any]):
    """A word of the organization's own; without a reply nothing is sent."""

    id = serializers.UUIDField(read_only=True)
    word = serializers.CharField(max_length=services.MAX_WORD)
    meaning = serializers.ChoiceField(choices=OptWord.Meaning.choices)
    reply = serializers.CharField(max_length=services.MAX_REPLY, allow_blank=True, default="")


class OptOutViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """The opt-outs of the organization."""

    queryset = OptOut.objects.none()
    serializer_class = OptOutSerializer
    acts: ClassVar = dict.fromkeys(("create", "destroy"), Act.MANAGE_CUSTOMERS)

    def get_queryset(self) -> QuerySet[Any]:
        """Return those that the caller may see, of one number if it is given."""
        rows: QuerySet[Any] = self.visible(OptOut.objects.visible_to)
        wanted = self.request.query_params.get("address") if self.action == "list" else None
        return rows.filter(address=digits_of(wanted)) if wanted else rows

    @extend_schema(parameters=[OpenApiParameter("address", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=OptOutSerializer, responses={201: OptOutSerializer})
    def create(self, request: Request) -> Response:
        """Put a number on the list; one that is there stays as it is."""
        values = checked_body(OptOutSerializer, request)
        row = services.opt_out(member=self.member, source=OptOut.Source.API, **values)
        return Response(OptOutSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a number off the list."""
        services.remove_opt_out(member=self.member, row=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class OptWordViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """The organization's own words for leaving, coming back and help."""

    queryset = OptWord.objects.none()
    serializer_class = OptWordSerializer
    acts: ClassVar = dict.fromkeys(("create", "update", "destroy"), Act.MANAGE_CUSTOMERS)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the words that the caller may see."""
        return self.visible(OptWord.objects.visible_to)

    @extend_schema(request=OptWordSerializer, responses={201: OptWordSerializer})
    def create(self, request: Request) -> Response:
        """Add a word."""
        values = checked_body(OptWordSerializer, request)
        row = services.save_word(member=self.member, **values)
        return Response(OptWordSerializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=OptWordSerializer, responses=OptWordSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Change a word."""
        row = self.get_object()
        values = checked_body(OptWordSerializer, request)
        return Response(
            OptWordSerializer(services.save_word(member=self.member, row=row, **values)).data
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a word away."""
        services.remove_word(member=self.member, row=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
