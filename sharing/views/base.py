"""What the pages of one service share: finding it, its tabs, its navigation."""

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.accounts.models import Member
from imiconnect.console.lists import Button
from imiconnect.manage import ManagePage, ObjectMixin
from imiconnect.sharing.models import Service
from imiconnect.sharing.ports import answers

TABS = (
    ("manage", _("Overview")),
    ("channels", _("Apps")),
    ("sms", _("SMS")),
    ("voice", _("Voice")),
    ("keys", _("Keys")),
    ("outbound", _("Outbound")),
    ("inbound", _("Inbound")),
    ("rules", _("Rules")),
    ("danger", _("Danger")),
)


def page_of(service: Service, tab: str = "manage") -> str:
    """Return the address of a tab of a service; ``tab`` names another package's in full."""
    return reverse(tab if ":" in tab else f"services:{tab}", args=[service.pk])


class ServiceMixin(ObjectMixin):
    """A page about one service."""

    section = "services"

    def find(self, member: Member) -> Service:
        """Return the service, or 404."""
        visible = Service.objects.visible_to(member)
        visible = visible.select_related("organization", "group", "team")
        found: Service = get_object_or_404(visible, pk=self.kwargs["service_id"])
        return found


class ServiceTab(ServiceMixin, ManagePage):
    """A tab of a service."""

    tab = "manage"
    back_url = reverse_lazy("services:list")
    back_label = _("Services")

    def tabs(self) -> Sequence[Button]:
        """Return the tabs that this person may open."""
        danger = TABS[-1:] if self.may_manage else ()
        shown = [*TABS[:-1], *answers.tabs, *danger]
        return [
            Button(label, page_of(self.object, name), current=name == self.tab)
            for name, label in shown
        ]

    @property
    def may_manage(self) -> bool:
        """Tell whether this person changes services."""
        return self.member.can(Act.MANAGE_SERVICES)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the service and its tabs."""
        context = super().get_context_data(**kwargs)
        return context | {
            "service": self.object,
            "title": self.object.name,
            "tabs": self.tabs(),
            "may_manage": self.may_manage,
        }
