"""``/api/v1/apps/<id>/shares/``: the same shares as on the MANAGE page; none for numbers."""

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.levels import level_among, levels_below, path_of
from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.accounts.services.rules import holds
from imiconnect.apps.models import App
from imiconnect.numbers.models import Number
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.sharing.reach import Target, preview, targets_of
from imiconnect.sharing.shares import share_app, unshare, update_shares
from imiconnect.sharing.views.shares import concerns
from imiconnect.sharing.why import number_reasons, people_in_sight, reasons

_PERSON = OpenApiParameter(
    "person",
    uuid.UUID,
    description="The seat whose access to explain; an Admin alone may name another's.",
)


class TargetSerializer(serializers.Serializer[Any]):
    """A share: the id of an organization (to share to all), a group or a team."""

    level = serializers.UUIDField()
    include_teams = serializers.BooleanField(default=False)
    ends_at = serializers.DateTimeField(allow_null=True, default=None)


class ShareSerializer(serializers.Serializer[Any]):
    """A share as it is."""

    level = serializers.UUIDField(source="level.pk")
    kind = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    include_teams = serializers.BooleanField()
    ends_at = serializers.DateTimeField(allow_null=True)

    def get_kind(self, target: Target) -> str:
        """Return ``organization`` (all), ``group`` or ``team``."""
        return str(target.level._meta.model_name)

    def get_name(self, target: Target) -> str:
        """Return the level's name, a team's with its group."""
        return path_of(target.level)


class SharesSerializer(serializers.Serializer[Any]):
    """The whole set of shares."""

    shares = TargetSerializer(many=True)


class SharePreviewSerializer(serializers.Serializer[Any]):
    """What an update would change."""

    levels_gain = serializers.ListField(child=serializers.CharField())
    levels_lose = serializers.ListField(child=serializers.CharField())
    people_gain = serializers.ListField(child=serializers.CharField())
    people_lose = serializers.ListField(child=serializers.CharField())
    services_stop = serializers.SerializerMethodField()

    def get_services_stop(self, found: Any) -> list[str]:
        """Return the ids of the services that would stop sending through the app."""
        return [str(service.pk) for service in found.services_stop]


class LinkSerializer(serializers.Serializer[Any]):
    """One link of a chain."""

    kind = serializers.CharField()
    text = serializers.CharField()


class ReasonSerializer(serializers.Serializer[Any]):
    """A chain by which the caller or the named person sees the asset."""

    links = LinkSerializer(many=True)
    usable = serializers.BooleanField()


class ShareViewSet(MemberViewSet):
    """Shares of one app, as far as they concern the caller."""

    queryset = App.objects.none()
    acts: ClassVar = {
        "update": Act.SHARE_APPS,
        "create": Act.SHARE_APPS,
        "destroy": Act.SHARE_APPS,
        "preview": Act.SHARE_APPS,
    }
    pagination_class = None

    def get_queryset(self) -> QuerySet[Any]:
        """Return the apps that the caller may see."""
        return self.visible(App.objects.visible_to)

    @extend_schema(responses=ShareSerializer(many=True))
    def list(self, request: Request, pk: str) -> Response:
        """Return the shares in force."""
        return self._shares()

    @extend_schema(request=SharesSerializer, responses=ShareSerializer(many=True))
    def update(self, request: Request, pk: str) -> Response:
        """Replace the whole set at once; shares beyond the caller's level stay."""
        app: App = self.get_object()
        body = checked_body(SharesSerializer, request)
        wanted = _targets(self.member, body["shares"])
        update_shares(member=self.member, app=app, wanted=wanted)
        return self._shares()

    @extend_schema(request=TargetSerializer, responses={201: ShareSerializer(many=True)})
    def create(self, request: Request, pk: str) -> Response:
        """Share with one level beside the others; the same level again changes its share."""
        app: App = self.get_object()
        target = _targets(self.member, [checked_body(TargetSerializer, request)])[0]
        share_app(
            member=self.member,
            app=app,
            level=target.level,
            include_teams=target.include_teams,
            ends_at=target.ends_at,
        )
        return self._shares(status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, level: uuid.UUID) -> Response:
        """End the share with one level, at once."""
        app: App = self.get_object()
        target = _targets(self.member, [{"level": level}])[0]
        unshare(member=self.member, app=app, level=target.level)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=SharesSerializer, responses=SharePreviewSerializer)
    def preview(self, request: Request, pk: str) -> Response:
        """Say what replacing the set would change; nothing is written."""
        app: App = self.get_object()
        body = checked_body(SharesSerializer, request)
        wanted = _targets(self.member, body["shares"])
        kept = [t for t in targets_of(app) if not holds(self.member, t.level)]
        return Response(SharePreviewSerializer(preview(app, wanted=wanted, kept=kept)).data)

    @extend_schema(parameters=[_PERSON], responses=ReasonSerializer(many=True))
    def why(self, request: Request, pk: str) -> Response:
        """Return the chains by which the caller, or the named person, sees the app."""
        found = reasons(self.get_object(), _person(request, self.member))
        return Response(ReasonSerializer(found, many=True).data)

    def _shares(self, code: int = status.HTTP_200_OK) -> Response:
        found = [t for t in targets_of(self.get_object()) if concerns(self.member, t)]
        return Response(ShareSerializer(found, many=True).data, status=code)


class NumberShareViewSet(MemberViewSet):
    """Numbers are not shared: they are allocated within services."""

    queryset = Number.objects.none()
    acts: ClassVar = {"refuse": Act.SHARE_APPS}

    def get_queryset(self) -> QuerySet[Any]:
        """Return the numbers that the caller may see."""
        return self.visible(Number.objects.visible_to)

    @extend_schema(request=None, responses={400: None})
    def refuse(self, request: Request, pk: str) -> Response:
        """Say that only apps can be shared."""
        get_object_or_404(self.get_queryset(), pk=pk)
        sentence = _("Only apps can be shared to groups and teams. Allocate the number.")
        raise ValidationError(sentence, code="not_shareable")


class NumberWhyViewSet(MemberViewSet):
    """Why the caller sees a number."""

    queryset = Number.objects.none()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Any]:
        """Return the numbers that the caller may see."""
        return self.visible(Number.objects.visible_to)

    @extend_schema(parameters=[_PERSON], responses=ReasonSerializer(many=True))
    def why(self, request: Request, pk: str) -> Response:
        """Return the chain by which the caller, or the named person, sees the number."""
        found = number_reasons(self.get_object(), _person(request, self.member))
        return Response(ReasonSerializer(found, many=True).data)


def _person(request: Request, caller: Member) -> Member:
    """Return the seat that ``person`` names, or the caller's without it.

    Raises ``PermissionDenied`` unless the caller manages people, ``Http404`` for a seat out of
    their sight or no longer active.
    """
    text = request.query_params.get("person", "")
    if not text:
        return caller
    try:
        key = uuid.UUID(text)
    except ValueError:
        raise ValidationError({"person": [_("This is not an id.")]}) from None
    if key == caller.pk:
        return caller
    if not caller.can(Act.MANAGE_PEOPLE):
        raise PermissionDenied
    found: Member = get_object_or_404(people_in_sight(caller), pk=key)
    return found


def _targets(member: Member, rows: Iterable[dict[str, Any]]) -> list[Target]:
    """Return the shares that a call names; a level out of sight is refused by its field."""
    levels = {level.pk: level for level in levels_below(member).values()}
    found = []
    for row in rows:
        level = level_among(levels, row["level"])
        found.append(Target(level, row.get("include_teams", False), row.get("ends_at")))
    return found
