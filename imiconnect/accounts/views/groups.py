"""Settings > Groups: groups and their teams."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts import services
from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.forms import NameForm
from imiconnect.accounts.models import Group, Team
from imiconnect.accounts.views.base import ServiceFormPage, settings_tabs, whole_organization
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import FIGURE, TIME, Column
from imiconnect.console.forms import back_to
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.console.toasts import toast


def _group_url(group: Group) -> str:
    return address_of("accounts:group", group.pk)


class Groups(MemberRequiredMixin, ListPage):
    """The groups at the person's level and below."""

    act = Act.MANAGE_PEOPLE
    section = "settings"
    title = _("Groups")
    columns = (
        Column("name", _("Name"), href=_group_url),
        Column("team_count", _("Teams"), kind=FIGURE),
        Column("member_count", _("People"), kind=FIGURE),
        Column("created_at", _("Made"), kind=TIME),
    )
    empty = Empty(
        _("No groups yet"),
        _("A group, such as a department, has teams, and people who see only its things."),
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the groups with their numbers of teams and people."""
        groups: QuerySet[Any] = Group.objects.visible_to(acting(self.request))
        counted: QuerySet[Any] = groups.annotate(
            team_count=Count("teams", distinct=True),
            member_count=Count("members", distinct=True),
        )
        return counted

    def primary(self) -> Button | None:
        """Offer a new group to those who look from the whole organization."""
        if acting(self.request).group_id:
            return None
        return Button(_("Add a group"), reverse("accounts:new_group"), "plus")

    def kinds(self) -> Any:
        """Return the pages of the settings."""
        return settings_tabs(self.request, "groups")

    def manage_url(self, row: Any) -> str:
        """Return the page of the group."""
        return _group_url(row)


class NewGroup(ServiceFormPage):
    """A name is all that a group needs."""

    act = Act.MANAGE_PEOPLE
    form_class = NameForm
    title = _("Add a group")
    back_url = cancel_url = reverse_lazy("accounts:groups")
    back_label = _("Groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Refuse a view from below the organization."""
        whole_organization(self.request)
        return super().get_context_data(**kwargs)

    def save(self, form: NameForm) -> str:
        """Make the group."""
        member = whole_organization(self.request)
        group = services.create_group(
            organization=member.organization, name=form.cleaned_data["name"], by=member
        )
        toast(self.request, _("The group is there. Add its teams."))
        return _group_url(group)


class OneGroup(ServiceFormPage):
    """The group's name and its teams."""

    act = Act.MANAGE_PEOPLE
    form_class = NameForm
    template_name = "accounts/group.html"
    back_url = reverse_lazy("accounts:groups")
    back_label = _("Groups")

    @property
    def group(self) -> Group:
        """Return the group, or 404."""
        rows = Group.objects.visible_to(acting(self.request)).select_related("organization")
        found: Group = get_object_or_404(rows, pk=self.kwargs["group_id"])
        return found

    def get_initial(self) -> dict[str, Any]:
        """Begin with the name as it is."""
        return {"name": self.group.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the teams."""
        group = self.group
        visible = Team.objects.visible_to(acting(self.request)).filter(group=group)
        teams = visible.annotate(member_count=Count("members")).order_by("name")
        return super().get_context_data(
            **kwargs,
            group=group,
            title=group.name,
            teams=teams,
            may_end=not acting(self.request).group_id,
        )

    def save(self, form: NameForm) -> str:
        """Rename the group."""
        group = self.group
        services.rename(level=group, name=form.cleaned_data["name"], by=acting(self.request))
        toast(self.request, _("The group is renamed."))
        return _group_url(group)


class NewTeam(ServiceFormPage):
    """A team of the group."""

    act = Act.MANAGE_PEOPLE
    form_class = NameForm
    title = _("Add a team")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the group."""
        group = _group(self, self.kwargs["group_id"])
        back = back_to(_group_url(group), group.name)
        return super().get_context_data(**kwargs, **back)

    def save(self, form: NameForm) -> str:
        """Make the team."""
        group = _group(self, self.kwargs["group_id"])
        services.create_team(
            group=group, name=form.cleaned_data["name"], by=acting(self.request)
        )
        toast(self.request, _("The team is there."))
        return _group_url(group)


class OneTeam(ServiceFormPage):
    """The team's name, and its end."""

    act = Act.MANAGE_PEOPLE
    form_class = NameForm
    template_name = "accounts/team.html"

    @property
    def team(self) -> Team:
        """Return the team, or 404."""
        rows = Team.objects.visible_to(acting(self.request))
        rows = rows.select_related("group__organization")
        found: Team = get_object_or_404(rows, pk=self.kwargs["team_id"])
        return found

    def get_initial(self) -> dict[str, Any]:
        """Begin with the name as it is."""
        return {"name": self.team.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the group."""
        team = self.team
        return super().get_context_data(
            **kwargs,
            **back_to(_group_url(team.group), team.group.name),
            title=team.name,
            team=team,
            may_end=not acting(self.request).team_id,
        )

    def save(self, form: NameForm) -> str:
        """Rename the team."""
        team = self.team
        services.rename(level=team, name=form.cleaned_data["name"], by=acting(self.request))
        toast(self.request, _("The team is renamed."))
        return _group_url(team.group)


def _group(page: ServiceFormPage, group_id: UUID) -> Group:
    rows = Group.objects.visible_to(acting(page.request)).select_related("organization")
    found: Group = get_object_or_404(rows, pk=group_id)
    return found
