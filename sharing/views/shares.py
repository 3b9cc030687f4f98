"""The sharing of one app: the section of its MANAGE page, and the page of its own."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.services.rules import holds
from imiconnect.apps.models import App
from imiconnect.apps.views.base import AppMixin, manage_url
from imiconnect.console import once
from imiconnect.console.forms import PageMixin
from imiconnect.console.toasts import toast
from imiconnect.sharing.reach import Target, targets_of
from imiconnect.sharing.share_form import ShareEditor
from imiconnect.sharing.shares import may_share, update_shares

#: So many names are listed; the rest is a figure.
NAMED = 20


def section_of(request: HttpRequest, app: App, member: Member) -> SafeString:
    """Return the section of the MANAGE page that says and changes who may use the app."""
    editor = ShareEditor(member, app) if may_share(member, app) else None
    return SafeString(
        render_to_string("sharing/shares.html", context_of(app, member, editor), request)
    )


def context_of(app: App, member: Member, editor: ShareEditor | None) -> dict[str, Any]:
    """Return what the section is drawn from."""
    shown = editor.kept if editor else [t for t in targets_of(app) if concerns(member, t)]
    context: dict[str, Any] = {
        "app": app,
        "editor": editor,
        "other_shares": [(_words(target), target.ends_at) for target in shown],
        "owner": path_of(app.level),
    }
    if editor and editor.sent:
        found = editor.preview
        context["preview"] = found
        context["preview_rows"] = [
            (_("Groups and teams that gain it"), _listed(found.levels_gain)),
            (_("Groups and teams that lose it"), _listed(found.levels_lose)),
            (_("People who gain it"), _listed(found.people_gain)),
            (_("People who lose it"), _listed(found.people_lose)),
            (
                _("Services that stop sending through it"),
                _listed([service.name for service in found.services_stop]),
            ),
        ]
    return context


class Shares(AppMixin, PageMixin, TemplateView):
    """The page of its own, which also takes what the section sends."""

    template_name = "sharing/shares_page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the form, or the shares alone for somebody who may not change them."""
        editor = kwargs.pop("editor", None)
        if editor is None and may_share(self.member, self.object):
            editor = ShareEditor(self.member, self.object)
        context = super().get_context_data(**kwargs)
        return context | {
            "title": _("Sharing of %(name)s") % {"name": self.object.name},
            "back_url": manage_url(self.object),
            "back_label": self.object.name,
            **context_of(self.object, self.member, editor),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw the form anew, or with UPDATE write the whole set once it has been previewed."""
        if not may_share(self.member, self.object):
            raise PermissionDenied
        editor = ShareEditor(self.member, self.object, request.POST)
        if editor.do == "update":
            if not editor.is_valid():
                return self._drawn(editor, 422)
            if editor.is_seen:
                return once.guarded(request, lambda: self._update(editor))
        return self._drawn(editor, 422 if editor.strict and not editor.is_valid() else 200)

    def _update(self, editor: ShareEditor) -> HttpResponse:
        try:
            changed = update_shares(member=self.member, app=self.object, wanted=editor.wanted())
        except ValidationError as error:
            return self._drawn(editor, 422, error.messages)
        said = _("The sharing is changed.") if changed else _("The sharing is as it was.")
        toast(self.request, said)
        return HttpResponseRedirect(manage_url(self.object))

    def _drawn(
        self, editor: ShareEditor, status: int, problems: Sequence[str] = ()
    ) -> HttpResponse:
        context = self.get_context_data(editor=editor, problems=problems)
        return self.render_to_response(context, status=status)


def concerns(member: Member, target: Target) -> bool:
    """Tell whether a person reads of a share: with the own level, below it, or above it."""
    level = target.level
    if holds(member, level) or isinstance(level, Organization):
        return True
    return isinstance(level, Group) and level.pk == member.group_id


def _words(target: Target) -> str:
    level = target.level
    if isinstance(level, Organization):
        return str(_("All groups and teams"))
    if isinstance(level, Team):
        return str(_("The team %(name)s") % {"name": path_of(level)})
    words = _("The group %(name)s only")
    if target.include_teams:
        words = _("The group %(name)s and all teams under it")
    return str(words % {"name": level.name})


def _listed(names: Sequence[str]) -> str:
    """Return names in a row, the many of a large organization as a figure."""
    if not names:
        return str(_("None"))
    shown = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return f"{shown} {_('and %(more)s more') % {'more': more}}" if more > 0 else shown
