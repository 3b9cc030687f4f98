"""People and organizations, for support staff; every write is a service's."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group as PermissionGroup
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from imiconnect.accounts import services
from imiconnect.accounts.models import (
    Group,
    Invitation,
    Member,
    Organization,
    Team,
    TrialRequest,
    User,
)
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services import trials
from imiconnect.audit.services import record
from imiconnect.decisions import DecisionAdmin
from imiconnect.support import ReadOnlyAdmin, ServiceAdmin

for _model in (PermissionGroup, EmailAddress, Authenticator, UserSession):
    admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(ServiceAdmin):
    """People; somebody new sets a password by "Forgotten password"."""

    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    ordering = ("email",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let a new person be active and nothing else."""
        fixed = ["last_login", "date_joined"]
        return fixed if obj else [*fixed, "is_active"]

    def write(self, obj: User, *, change: bool) -> User:
        """Make, rename, re-address, switch on or off, make staff or no longer."""
        if not change:
            made = services.create_person(email=obj.email, name=obj.name)
            return services.set_staff(user=made, staff=obj.is_staff)
        user = User.objects.get(pk=obj.pk)
        services.rename_person(user=user, name=obj.name)
        services.change_email(user=user, email=obj.email)
        services.set_person_active(user=user, active=obj.is_active)
        return services.set_staff(user=user, staff=obj.is_staff)


@admin.register(Organization)
class OrganizationAdmin(ServiceAdmin):
    """Tenants."""

    list_display = ("name", "is_active", "trial_ends_at", "created_at")
    list_filter: ClassVar = ["is_active", ("trial_ends_at", RangeDateTimeFilter)]
    search_fields = ("name",)
    fields = (
        "name",
        "is_active",
        "trial_ends_at",
        "profile_key",
        "previous_profile_key_until",
        "created_at",
    )
    readonly_fields = ("previous_profile_key_until", "created_at")
    ordering = ("name",)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the key to the service."""
        return ["profile_key"]

    def write(self, obj: Organization, *, change: bool) -> Organization:
        """Make, rename, suspend or activate; move the end of a trial, or take it away."""
        if not change:
            made = services.create_organization(name=obj.name)
        else:
            made = Organization.objects.get(pk=obj.pk)
            services.rename(level=made, name=obj.name)
        trials.set_trial_end(organization=made, ends_at=obj.trial_ends_at)
        services.set_organization_active(organization=made, active=obj.is_active)
        made.refresh_from_db()
        return made


@admin.register(Group)
class GroupAdmin(ServiceAdmin):
    """Groups of organizations."""

    list_display = ("name", "organization", "created_at")
    list_filter: ClassVar = [("organization", AutocompleteSelectFilter)]
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name")
    fields = ("organization", "name")
    autocomplete_fields = ("organization",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a group in its organization."""
        return ["organization"] if obj else []

    def write(self, obj: Group, *, change: bool) -> Group:
        """Make or rename."""
        if not change:
            return services.create_group(organization=obj.organization, name=obj.name)
        group: Group = Group.objects.select_related("organization").get(pk=obj.pk)
        services.rename(level=group, name=obj.name)
        return group


@admin.register(Team)
class TeamAdmin(ServiceAdmin):
    """Teams of groups."""

    list_display = ("name", "group", "organization", "created_at")
    list_filter: ClassVar = [("group__organization", AutocompleteSelectFilter)]
    list_select_related = ("group__organization",)
    search_fields = ("name", "group__name")
    fields = ("group", "name")
    autocomplete_fields = ("group",)

    @admin.display(description=_("organization"), ordering="group__organization__name")
    def organization(self, team: Team) -> str:
        """Return the organization's name."""
        return team.group.organization.name

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a team in its group."""
        return ["group"] if obj else []

    def write(self, obj: Team, *, change: bool) -> Team:
        """Make or rename."""
        if not change:
            return services.create_team(group=obj.group, name=obj.name)
        team: Team = Team.objects.select_related("group__organization").get(pk=obj.pk)
        services.rename(level=team, name=obj.name)
        return team


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # named below
    """A seat; the level's columns must belong together."""

    def clean(self) -> dict[str, Any]:
        """Check that the team is of the group, and the group of the organization."""
        values: dict[str, Any] = super().clean() or {}
        group, team = values.get("group"), values.get("team")
        organization = values.get("organization") or self.instance.organization
        if group and group.organization_id != organization.pk:
            self.add_error("group", _("This group is of another organization."))
        if team and (group is None or team.group_id != group.pk):
            self.add_error("team", _("This team is not of the chosen group."))
        return values


@admin.register(Member)
class MemberAdmin(ServiceAdmin):
    """Seats of people in organizations."""

    form = MemberForm
    list_display = ("user", "organization", "group", "team", "role", "is_active")
    list_filter: ClassVar = [
        ("organization", AutocompleteSelectFilter),
        "role",
        "is_active",
    ]
    list_select_related = ("user", "organization", "group", "team")
    search_fields = ("user__email", "user__name", "organization__name")
    fields = ("user", "organization", "group", "team", "role", "is_active")
    autocomplete_fields = ("user", "organization", "group", "team")
    ordering = ("-id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a seat with its person and organization."""
        return ["user", "organization"] if obj else ["is_active"]

    def write(self, obj: Member, *, change: bool) -> Member:
        """Seat a person, change role or level, deactivate or reactivate."""
        role = Role(obj.role)
        if not change:
            return services.add_member(user=obj.user, level=obj.level, role=role)
        member: Member = Member.objects.get(pk=obj.pk)
        member = services.change_seat(member=member, role=role, level=obj.level)
        change_state = (
            services.reactivate_member if obj.is_active else services.deactivate_member
        )
        change_state(member=member)
        member.refresh_from_db()
        return member


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations; an Admin of the organization resends and withdraws them."""

    list_display = ("email", "organization", "role", "expires_at", "accepted_at", "revoked_at")
    list_filter: ClassVar = [("organization", AutocompleteSelectFilter), "role"]
    list_select_related = ("organization",)
    search_fields = ("email", "organization__name")
    ordering = ("-id",)


@admin.register(TrialRequest)
class TrialRequestAdmin(DecisionAdmin):
    """Businesses that ask for a trial, what is due first on top."""

    list_display = ("business", "email", "name", "state", "due_at", "decided_at")
    list_filter = ("state",)
    search_fields = ("email", "business", "name")
    fields = (
        "business",
        "name",
        "email",
        "reason",
        "state",
        "created_at",
        "confirmed_at",
        "due_at",
        "look_alikes",
        "decided_at",
        "decided_by",
        "answer",
        "organization",
    )
    readonly_fields = ("look_alikes", "created_at")
    ordering: ClassVar = [F("decided_at").asc(nulls_first=True), "due_at", "-id"]
    actions = ("approve", "decline")
    waits: ClassVar = {"state": TrialRequest.State.WAITING}

    @admin.display(description=_("same business or mail domain"))
    def look_alikes(self, trial: TrialRequest) -> str:
        """Return organizations of this name, and requests of this name or mail domain."""
        organizations = Organization.objects.filter(name__iexact=trial.business)[:10]
        domain = trial.email.rpartition("@")[2]
        others = TrialRequest.objects.exclude(pk=trial.pk).filter(
            Q(business__iexact=trial.business) | Q(email__iendswith=f"@{domain}")
        )[:10]
        lines = [_("Organization %s") % row for row in organizations]
        lines += [f"{row}: {row.get_state_display()}" for row in others]
        return "\n".join(lines) or "-"

    @admin.action(description=_("Approve"), permissions=["decide"])
    def approve(self, request: HttpRequest, rows: Any) -> None:
        """Make the organization and invite its first Admin."""

        def act(row: TrialRequest, text: str) -> None:
            trials.approve_trial(request=row, by=_staff(request))

        self.run(request, rows, act)

    @admin.action(description=_("Decline with a reason"), permissions=["decide"])
    def decline(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Refuse, with a reason that is mailed."""
        return self.ask(
            request,
            rows,
            lambda row, text: trials.decline_trial(
                request=row, reason=text, by=_staff(request)
            ),
            (_("Decline"), _("Reason, which the requester reads")),
        )


def _staff(request: HttpRequest) -> User:
    """Return who acts on the support pages, which nobody else can open."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin has let them in
    return request.user


@admin.register(PermissionGroup)
class PermissionGroupAdmin(ReadOnlyAdmin):
    """The groups behind organizations, groups and teams, in which shares are held."""

    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Second factors; deleting one lets a person in who has lost the phone and the codes."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow one at a time."""
        return bool(request.user.is_superuser and obj is not None)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Take the second factor away, with its recovery codes."""
        record("second_factor.removed_by_support", obj.user, after={"kind": obj.type})
        Authenticator.objects.filter(user=obj.user).delete()


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Where people are signed in."""

    list_display = ("user", "ip", "user_agent", "created_at", "last_seen_at")
    list_filter: ClassVar = [("last_seen_at", RangeDateTimeFilter)]
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")
    fields = ("user", "ip", "user_agent", "created_at", "last_seen_at")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What support staff did on these pages; the audit has it too."""

    list_display = ("object_repr", "user", "content_type", "action_flag", "action_time")
    list_filter = ("action_flag",)
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "user__email")
