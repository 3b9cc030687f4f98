"""Settings > People: seats and invitations."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from imiconnect.accounts import services
from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.accounts.forms import InvitationForm, SeatForm
from imiconnect.accounts.levels import levels_below, path_of
from imiconnect.accounts.mail import send_invitation
from imiconnect.accounts.models import Invitation, Member
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.invitations import OpenInvitation
from imiconnect.accounts.standing import key_of
from imiconnect.accounts.views.base import ServiceFormPage, settings_tabs
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import STATE, TIME, Column
from imiconnect.console.forms import PageMixin
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.toasts import toast


def _person_url(member: Member) -> str:
    return address_of("accounts:person", member.pk)


class PeopleFilter(FilterForm):
    """Whom to show."""

    q = forms.CharField(label=_("Name or e-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Any role")), *Role.choices])


class People(MemberRequiredMixin, ListPage):
    """The people at the own level and below."""

    act = Act.MANAGE_PEOPLE
    template_name = "accounts/people.html"
    section = "settings"
    title = _("People")
    filter_form = PeopleFilter
    export_name = "people"
    columns = (
        Column("name", _("Name"), "user.get_full_name", href=_person_url),
        Column("email", _("E-mail address"), "user.email"),
        Column("role", _("Role"), "get_role_display"),
        Column("level", _("Level"), lambda member: path_of(member.level)),
        Column("state", _("State"), lambda m: "active" if m.is_active else "off", kind=STATE),
        Column("last_login", _("Last sign-in"), "user.last_login", kind=TIME),
    )
    empty = Empty(_("Nobody here yet"), _("Invite the people who work at this level."))

    def get_queryset(self) -> QuerySet[Any]:
        """Return the seats with what the columns need."""
        rows = Member.objects.visible_to(acting(self.request))
        return rows.select_related("user", "organization", "group", "team__group")

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow by name or address, and by role."""
        if words := values.get("q"):
            queryset = queryset.filter(
                Q(user__name__icontains=words) | Q(user__email__icontains=words)
            )
        return queryset.filter(role=values["role"]) if values.get("role") else queryset

    def primary(self) -> Button | None:
        """Offer to invite."""
        return Button(_("Invite a person"), reverse("accounts:invite"), "mail")

    def kinds(self) -> Any:
        """Return the pages of the settings."""
        return settings_tabs(self.request, "people")

    def manage_url(self, row: Any) -> str:
        """Return the page of the person."""
        return _person_url(row)


class Invitations(MemberRequiredMixin, ListPage):
    """Invitations that nobody has accepted yet."""

    act = Act.MANAGE_PEOPLE
    section = "settings"
    title = _("Invitations")
    columns = (
        Column("email", _("E-mail address")),
        Column("role", _("Role"), "get_role_display"),
        Column("level", _("Level"), lambda row: path_of(row.level)),
        Column(
            "state",
            _("State"),
            lambda row: "invited" if row.expires_at > timezone.now() else "expired",
            kind=STATE,
        ),
        Column("created_at", _("Sent"), kind=TIME),
        Column("expires_at", _("Valid until"), kind=TIME),
    )
    empty = Empty(_("No open invitations"), _("Everybody who was invited has answered."))
    back_url = reverse_lazy("accounts:people")
    back_label = _("People")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the open invitations to the own level and below."""
        rows = Invitation.objects.open().visible_to(acting(self.request))
        return rows.select_related("organization", "group", "team__group")

    def primary(self) -> Button | None:
        """Offer to invite."""
        return Button(_("Invite a person"), reverse("accounts:invite"), "mail")

    def manage_url(self, row: Any) -> str:
        """Return the page of the invitation."""
        return address_of("accounts:manage_invitation", row.pk)


class Invite(ServiceFormPage):
    """Whom to invite, as what, at which level."""

    act = Act.MANAGE_PEOPLE
    form_class = InvitationForm
    title = _("Invite a person")
    intro = _("A link to join is mailed. It works once, for seven days.")
    submit_label = _("Invite")
    back_url = cancel_url = reverse_lazy("accounts:people")
    back_label = _("People")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the levels that this person may give."""
        return super().get_form_kwargs() | {"levels": levels_below(acting(self.request))}

    def get_initial(self) -> dict[str, Any]:
        """Begin with the least role at the own level."""
        return {"role": Role.VIEWER, "level": key_of(acting(self.request).level)}

    def save(self, form: InvitationForm) -> str:
        """Invite, then mail the link."""
        offer = services.invite(
            email=form.cleaned_data["email"],
            level=form.chosen_level(),
            role=Role(form.cleaned_data["role"]),
            by=acting(self.request),
        )
        return _mailed(self.request, offer)


class Person(ServiceFormPage):
    """A person's role and level, and whether the seat works."""

    act = Act.MANAGE_PEOPLE
    form_class = SeatForm
    template_name = "accounts/person.html"
    back_url = cancel_url = reverse_lazy("accounts:people")
    back_label = _("People")

    @property
    def member(self) -> Member:
        """Return the seat, or 404."""
        return _member(self.request, self.kwargs["member_id"])

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the levels that this person may give."""
        return super().get_form_kwargs() | {"levels": levels_below(acting(self.request))}

    def get_initial(self) -> dict[str, Any]:
        """Begin with role and level as they are."""
        member = self.member
        return {"role": member.role, "level": key_of(member.level)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the person."""
        member = self.member
        return super().get_context_data(
            **kwargs, person=member, level=path_of(member.level), title=str(member.user.name)
        )

    def save(self, form: SeatForm) -> str:
        """Change role and level."""
        member = services.change_seat(
            member=self.member,
            role=Role(form.cleaned_data["role"]),
            level=form.chosen_level(),
            by=acting(self.request),
        )
        toast(self.request, _("Role and level are saved. They count from the next click on."))
        still_seen = Member.objects.visible_to(acting(self.request)).filter(pk=member.pk)
        return _person_url(member) if still_seen.exists() else reverse("accounts:people")


@require_POST
@member_required(Act.MANAGE_PEOPLE)
def deactivate(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Take the seat away, with Undo; an error leads back to the page of the person."""
    member = _member(request, member_id)
    try:
        services.deactivate_member(member=member, by=acting(request))
    except ValidationError as error:
        return _person_again(request, member, error)
    undo = reverse("accounts:reactivate_person", args=[member.pk])
    text = gettext("%(name)s can no longer work here.") % {"name": member.user.get_full_name()}
    toast(request, text, undo_url=undo)
    # Whoever takes the own seat away may not see the list any more.
    return HttpResponseRedirect("/" if member.user == request.user else _person_url(member))


@require_POST
@member_required(Act.MANAGE_PEOPLE)
def reactivate(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give the seat back."""
    member = _member(request, member_id)
    services.reactivate_member(member=member, by=acting(request))
    text = gettext("%(name)s can work here again.") % {"name": member.user.get_full_name()}
    toast(request, text)
    return HttpResponseRedirect(_person_url(member))


class OneInvitation(MemberRequiredMixin, PageMixin, TemplateView):
    """An open invitation, to resend or to withdraw."""

    act = Act.MANAGE_PEOPLE
    template_name = "accounts/manage_invitation.html"
    section = "settings"
    back_url = reverse_lazy("accounts:invitations")
    back_label = _("Invitations")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the invitation."""
        invitation = _invitation(self.request, self.kwargs["invitation_id"])
        return super().get_context_data(
            **kwargs,
            invitation=invitation,
            level=path_of(invitation.level),
            title=invitation.email,
            expired=invitation.expires_at <= timezone.now(),
        )


@require_POST
@member_required(Act.MANAGE_PEOPLE)
def resend(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Mail a new link; the old one stops working."""
    invitation = _invitation(request, invitation_id)
    offer = services.resend_invitation(invitation=invitation, by=acting(request))
    return HttpResponseRedirect(_mailed(request, offer))


@require_POST
@member_required(Act.MANAGE_PEOPLE)
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """End the invitation."""
    invitation = _invitation(request, invitation_id)
    services.withdraw_invitation(invitation=invitation, by=acting(request))
    toast(request, _("The invitation is withdrawn. Its link no longer works."))
    return HttpResponseRedirect(reverse("accounts:invitations"))


def _mailed(request: HttpRequest, offer: OpenInvitation) -> str:
    """Mail the link; where that fails, lead to the page with the button to try again."""
    email = offer.invitation.email
    if send_invitation(offer):
        toast(request, gettext("The invitation is on its way to %(email)s.") % {"email": email})
        return reverse("accounts:invitations")
    url = reverse("accounts:manage_invitation", args=[offer.invitation.pk])
    return f"{url}?mail=failed"


def _person_again(request: HttpRequest, member: Member, error: ValidationError) -> HttpResponse:
    page = Person()
    page.setup(request, member_id=member.pk)
    form = SeatForm(initial=page.get_initial(), levels=levels_below(acting(request)))
    context = page.get_context_data(form=form, refused=error.messages)
    return page.render_to_response(context, status=422)


def _member(request: HttpRequest, member_id: UUID) -> Member:
    rows = Member.objects.visible_to(acting(request))
    rows = rows.select_related("user", "organization", "group", "team__group")
    member: Member = get_object_or_404(rows, pk=member_id)
    return member


def _invitation(request: HttpRequest, invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.open().visible_to(acting(request))
    rows = rows.select_related("organization", "group", "team__group", "invited_by")
    invitation: Invitation = get_object_or_404(rows, pk=invitation_id)
    return invitation
