"""``/api/v1/groups/`` and ``/api/v1/teams/``: the same levels as Settings > Groups."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts import services
from imiconnect.accounts.models import Group, Team
from imiconnect.accounts.roles import Act
from imiconnect.rest import MemberViewSet, checked_body


class GroupSerializer(serializers.Serializer[Any]):
    """A group."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    created_at = serializers.DateTimeField(read_only=True)


class TeamSerializer(GroupSerializer):
    """A team of a group."""

    group = serializers.UUIDField(source="group_id", read_only=True)


class NewTeamSerializer(serializers.Serializer[Any]):
    """What makes a team."""

    group = serializers.UUIDField()
    name = serializers.CharField(max_length=100)


class IntoSerializer(serializers.Serializer[Any]):
    """Where everything of a level goes: the id of another one of the same kind."""

    into = serializers.UUIDField()


class MergePreviewSerializer(serializers.Serializer[Any]):
    """What a merge would move, and who would gain and lose what; sentences for people."""

    moves = serializers.ListField(child=serializers.CharField())
    changes = serializers.ListField(child=serializers.CharField())


class LevelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """What groups and teams share: rename, merge, delete."""

    acts: ClassVar = {
        "create": Act.MANAGE_PEOPLE,
        "partial_update": Act.MANAGE_PEOPLE,
        "destroy": Act.MANAGE_PEOPLE,
        "merge": Act.MANAGE_PEOPLE,
        "merge_preview": Act.MANAGE_PEOPLE,
    }

    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename it."""
        level = self.get_object()
        values = checked_body(GroupSerializer, request)
        services.rename(level=level, name=values["name"], by=self.member)
        return Response(self.get_serializer(level).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it; 400 with what hangs on it."""
        services.delete_level(level=self.get_object(), by=self.member)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=IntoSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Give everything of it to another one, and delete it; returns the other one."""
        source, target = self.get_object(), self._into(request)
        services.merge_levels(source=source, target=target, by=self.member)
        return Response(self.get_serializer(target).data)

    @extend_schema(request=IntoSerializer, responses=MergePreviewSerializer)
    @action(detail=True, methods=["post"], url_path="merge/preview")
    def merge_preview(self, request: Request, pk: str) -> Response:
        """Say what merging it would do, or refuse as merging would; nothing is written."""
        preview = services.preview_of_merge(
            source=self.get_object(), target=self._into(request), by=self.member
        )
        return Response(MergePreviewSerializer(preview).data)

    def _into(self, request: Request) -> Any:
        into = checked_body(IntoSerializer, request)["into"]
        return get_object_or_404(self.get_queryset(), pk=into)


class GroupViewSet(LevelViewSet):
    """Groups at the caller's level and below."""

    queryset = Group.objects.none()
    serializer_class = GroupSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Return the groups that the caller may see."""
        return self.visible(Group.objects.visible_to).select_related("organization")

    def create(self, request: Request) -> Response:
        """Make a group."""
        values = checked_body(GroupSerializer, request)
        group = services.create_group(
            organization=self.member.organization, name=values["name"], by=self.member
        )
        return Response(GroupSerializer(group).data, status=status.HTTP_201_CREATED)


class TeamViewSet(LevelViewSet):
    """Teams at the caller's level and below."""

    queryset = Team.objects.none()
    serializer_class = TeamSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Return the teams that the caller may see."""
        return self.visible(Team.objects.visible_to).select_related("group__organization")

    @extend_schema(request=NewTeamSerializer, responses={201: TeamSerializer})
    def create(self, request: Request) -> Response:
        """Make a team of a group."""
        values = checked_body(NewTeamSerializer, request)
        groups = self.visible(Group.objects.visible_to).select_related("organization")
        group = get_object_or_404(groups, pk=values["group"])
        team = services.create_team(group=group, name=values["name"], by=self.member)
        return Response(TeamSerializer(team).data, status=status.HTTP_201_CREATED)
