"""The list of apps, and CONFIGURE APPS."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.forms import AppFilter
from imiconnect.apps.models import App
from imiconnect.apps.views.base import manage_url
from imiconnect.console.addresses import address
from imiconnect.console.columns import CODE, STATE, TIME, Column
from imiconnect.console.lists import Button, Empty, ListPage


def _health(app: App) -> str | None:
    """Return the word for an app's health, none where nobody checks it."""
    found = getattr(app, "checkup", None)
    return found.state if found and app.state == App.State.ACTIVE else None


class AppList(MemberRequiredMixin, ListPage):
    """The apps that the person may see, newest first."""

    section = "apps"
    title = _("Apps")
    template_name = "apps/list.html"
    export_name = "apps"
    filter_form = AppFilter
    columns = (
        Column("name", _("Name"), href=manage_url),
        Column("app_id", _("App ID"), kind=CODE),
        Column("channel", _("Channel"), lambda app: registry.get(app.channel_type).name),
        Column("owner", _("Belongs to"), lambda app: str(app.level)),
        Column("state", _("State"), kind=STATE),
        Column("health", _("Health"), _health, kind=STATE),
        Column("created_at", _("Created"), kind=TIME),
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the apps with the levels that own them."""
        member = acting(self.request)
        rows: QuerySet[Any] = member.organization.apps.visible_to(member).for_list()
        return rows

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow by name or App ID, state and channel."""
        text = (values.get("name") or "").strip()
        if text:
            queryset = queryset.filter(Q(name__icontains=text) | Q(app_id__iexact=text))
        if values.get("state"):
            queryset = queryset.filter(state=values["state"])
        if values.get("health"):
            queryset = queryset.filter(checkup__state=values["health"])
        if values.get("channel"):
            queryset = queryset.filter(channel_type=values["channel"])
        return queryset

    def manage_url(self, row: Any) -> str:
        """Return the page of the app."""
        return manage_url(row)

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what an app is for, and offer the first channel."""
        entries = configure_menu(acting(self.request))
        text = _("An app is what a channel needs to send and receive: a mobile app, a page.")
        if not entries:
            text = _("An Admin, Developer or Asset Manager configures them.")
        return Empty(_("No apps yet"), text, entries[0] if entries else None, "apps")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the menu of channels."""
        menu = configure_menu(acting(self.request))
        return super().get_context_data(**kwargs) | {"configure_menu": menu}


def configure_menu(member: Member) -> list[Button]:
    """Return the entries of CONFIGURE APPS for a person."""
    if not member.can(Act.MANAGE_APPS):
        return []
    return [
        Button(kind.menu_label, address(_first_page(kind), kind.slug), kind.icon)
        for kind in registry.all_types()
    ]


def _first_page(kind: ChannelType) -> str:
    return "apps:prerequisites" if kind.prerequisites else "apps:configure"


def configure(request: HttpRequest, channel: str, step: str = "") -> HttpResponseBase:
    """Show a step of the wizard of a channel type."""
    kind = registry.by_slug().get(channel)
    if kind is None:
        raise Http404
    if not kind.wizard:
        return redirect("apps:prerequisites", kind.slug)
    view = import_string(kind.wizard).as_view()
    arguments = {"channel": channel, "step": step} if step else {"channel": channel}
    answer: HttpResponseBase = view(request, **arguments)
    return answer
