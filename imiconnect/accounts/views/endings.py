"""Settings > Groups: deleting a group or team, or merging it into another one."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts import services
from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.contents import Contents, Part, contents_of
from imiconnect.accounts.forms import MergeForm
from imiconnect.accounts.levels import levels_below
from imiconnect.accounts.models import Group, Team
from imiconnect.accounts.services.endings import above
from imiconnect.accounts.services.rules import may
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import back_to
from imiconnect.console.lists import Button
from imiconnect.console.toasts import toast
from imiconnect.console.words import Words
from imiconnect.manage import refuse


class EndingPage(MemberRequiredMixin, ConfirmPage):
    """A page about the end of one level, for who runs the level above it."""

    act = Act.MANAGE_PEOPLE
    section = "settings"
    heavy = True

    @cached_property
    def level(self) -> Part:
        """Return the group or team, or 404; 403 from within it."""
        member = acting(self.request)
        if "team_id" in self.kwargs:
            teams = Team.objects.visible_to(member).select_related("group__organization")
            found: Part = get_object_or_404(teams, pk=self.kwargs["team_id"])
        else:
            groups = Group.objects.visible_to(member).select_related("organization")
            found = get_object_or_404(groups, pk=self.kwargs["group_id"])
        may(member, Act.MANAGE_PEOPLE, above(found))
        return found

    @cached_property
    def contents(self) -> list[Contents]:
        """What hangs on it."""
        return contents_of(self.level)

    def get_object_name(self) -> str:
        """Return the name of the level."""
        name: str = self.level.name
        return name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the group."""
        group = self.level.group if isinstance(self.level, Team) else self.level
        back = back_to(reverse("accounts:group", args=[group.pk]), group.name)
        return super().get_context_data(**kwargs, **back)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Find the level before anything else."""
        _found = self.level
        return super().get(request, *args, **kwargs)


class DeletePage(EndingPage):
    """Deleting; what hangs on the level comes first."""

    def consequences(self) -> list[Any]:
        """Say what is lost."""
        return [_("Nothing hangs on it. Only its name is deleted; the audit record keeps it.")]

    def blockers(self) -> list[Button]:
        """Return what hangs on it: all of that can go into another level."""
        merge = reverse(f"accounts:merge_{self.level._meta.model_name}", args=[self.level.pk])
        return [Button(str(kind), merge) for kind in self.contents]

    def perform(self) -> str:
        """Delete it."""
        level = self.level
        url = reverse("accounts:groups")
        if isinstance(level, Team):
            url = reverse("accounts:group", args=[level.group_id])
        try:
            services.delete_level(level=level, by=acting(self.request))
        except ValidationError:
            return self.request.path
        toast(self.request, _("%(name)s is deleted.") % {"name": level.name})
        return url


class MergePage(EndingPage):
    """Merging: everything goes into another level, this one ends."""

    act_label = _("Merge")
    template_name = "accounts/merge.html"

    def get_form_class(self) -> type[MergeForm]:
        """Ask for the other level, and for the name."""
        return MergeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the levels of the same kind that this person runs."""
        levels = {
            key: level
            for key, level in levels_below(acting(self.request)).items()
            if type(level) is type(self.level) and level.pk != self.level.pk
        }
        return super().get_form_kwargs() | {"levels": levels}

    #: What the merge with the chosen level changes, once that was asked.
    changes: Sequence[Words] = ()

    def consequences(self) -> list[Any]:
        """Say what moves, and what ends; with the chosen level also who gains and loses."""
        moves = [str(kind.moving()) for kind in self.contents]
        return [
            *moves,
            *self.changes,
            _("Its people then see what the other one sees. It cannot be undone."),
        ]

    def form_valid(self, form: Any) -> HttpResponse:
        """Merge, or say what both have; first show what changes beyond what moves."""
        level, target, by = self.level, form.chosen_level(), acting(self.request)
        try:
            preview = services.preview_of_merge(source=level, target=target, by=by)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        found = preview.changes
        shown = hashlib.sha256(repr([str(target.pk), *found]).encode()).hexdigest()[:16]
        if found and form.cleaned_data["seen"] != shown:
            self.changes = found
            form.data = form.data.copy()
            form.data["seen"] = shown
            context = self.get_context_data(form=form)
            more = {"unread": target.name, "act_label": _("Merge all the same")}
            return self.render_to_response(context | more)
        try:
            services.merge_levels(source=level, target=target, by=by)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        words = {"name": level.name, "target": target.name}
        toast(self.request, _("%(name)s is now part of %(target)s.") % words)
        group = target.group if isinstance(target, Team) else target
        return HttpResponseRedirect(reverse("accounts:group", args=[group.pk]))


class DeleteGroup(DeletePage):
    """Deleting a group."""

    title = _("Delete the group")
    act_label = _("Delete the group")
    keep_label = _("Keep the group")


class DeleteTeam(DeletePage):
    """Deleting a team."""

    title = _("Delete the team")
    act_label = _("Delete the team")
    keep_label = _("Keep the team")


class MergeGroup(MergePage):
    """Merging a group."""

    title = _("Merge the group into another one")
    keep_label = _("Keep the group")


class MergeTeam(MergePage):
    """Merging a team."""

    title = _("Merge the team into another one")
    keep_label = _("Keep the team")
