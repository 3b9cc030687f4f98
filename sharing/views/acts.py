"""Acts on a service: live and suspended, keys and secrets, apps taken away, deleting."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import back_to
from imiconnect.console.lists import Button
from imiconnect.console.secret import show_once
from imiconnect.console.toasts import toast
from imiconnect.keys import Overlap
from imiconnect.manage import ActView, RegeneratePage
from imiconnect.sharing import services
from imiconnect.sharing.allocations import stops_sending
from imiconnect.sharing.models import Allocation, Service
from imiconnect.sharing.ports import answers
from imiconnect.sharing.views.base import ServiceMixin, page_of

State = Service.State


class BackMixin(ServiceMixin):
    """A page that leads back to a tab of its service."""

    tab = "manage"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the service and its tab."""
        back = back_to(page_of(self.object, self.tab), self.object.name)
        return super().get_context_data(**back, **kwargs)  # type: ignore[misc,no-any-return]


class SetServiceState(ServiceMixin, ActView):
    """Go live or suspend; what is missing is a page of its own."""

    act = Act.MANAGE_SERVICES
    state = State.LIVE

    def perform(self) -> str:
        """Change the state; the toast offers to undo it."""
        services.set_state(service=self.object, state=self.state)
        live = self.state == State.LIVE
        undo = reverse(f"services:{'suspend' if live else 'go_live'}", args=[self.object.pk])
        words = _("The service is live.") if live else _("The service is suspended.")
        toast(self.request, words, undo_url=undo)
        return page_of(self.object)

    def _perform(self, _found: Any) -> HttpResponse:
        try:
            return super()._perform(_found)
        except ValidationError as error:
            context = {
                "section": self.section,
                "title": _("The service cannot change its state yet"),
                "problems": error.messages,
                "back_url": page_of(self.object),
                "back_label": self.object.name,
            }
            return render(self.request, "sharing/refused.html", context, status=409)


class RevealKey(ServiceMixin, ActView):
    """Show the service key once more; who did it is on record."""

    act = Act.REVEAL_SECRETS

    def perform(self) -> str:
        """Lead to the page that shows it."""
        return _shown(self, _("Service key"), services.reveal_key(service=self.object), "keys")


class RevealSigningSecret(ServiceMixin, ActView):
    """Show the signing secret; who did it is on record."""

    act = Act.REVEAL_SECRETS

    def perform(self) -> str:
        """Lead to the page that shows it."""
        secret = services.reveal_signing_secret(service=self.object)
        return _shown(self, _("Signing secret"), secret, "outbound")


class RegenerateKey(BackMixin, RegeneratePage):
    """A new service key, with an overlap for the old one."""

    act = Act.MANAGE_SERVICES
    tab = "keys"
    title = _("Regenerate the service key")
    intro = _("Requests with the old key are refused once its time is over.")

    def replace(self, keep: Overlap) -> str:
        """Replace the key and show it."""
        key = services.regenerate_key(service=self.object, keep=keep)
        return _shown(self, _("Service key"), key.secret, self.tab)


class RotateSigningSecret(BackMixin, RegeneratePage):
    """A new signing secret; during the overlap calls carry both signatures."""

    act = Act.MANAGE_SERVICES
    tab = "outbound"
    title = _("Regenerate the signing secret")
    intro = _("While the old secret is kept, calls carry the signatures of both.")

    def replace(self, keep: Overlap) -> str:
        """Replace the secret and show it."""
        secret = services.rotate_signing_secret(service=self.object, keep=keep)
        return _shown(self, _("Signing secret"), secret, self.tab)


class Deallocate(BackMixin, ConfirmPage):
    """Taking an app away from a service."""

    act = Act.ALLOCATE
    tab = "channels"
    title = _("Remove the app from the service")
    act_label = _("Remove the app")
    keep_label = _("Keep the app")

    @property
    def allocation(self) -> Allocation:
        """The allocation to end, or 404."""
        rows = self.object.allocations.select_related("app", "service")
        found: Allocation = get_object_or_404(rows, pk=self.kwargs["allocation_id"])
        return found

    def get_object_name(self) -> str:
        """Return the app's name."""
        return self.allocation.app.name

    def consequences(self) -> list[Any]:
        """Say what stops."""
        said = [_("The service no longer sends through this app.")]
        if stops_sending(self.allocation):
            said.append(_("It is live and has no other app: it cannot send at all then."))
        if self.allocation.is_inbound:
            said.append(_("The app's incoming messages go to another service that uses it."))
        return said

    def perform(self) -> str:
        """End the allocation."""
        services.deallocate(allocation=self.allocation)
        toast(self.request, _("The app is removed from the service."))
        return page_of(self.object, self.tab)


class DeleteService(BackMixin, ConfirmPage):
    """Deleting a service: what keeps it comes first, then its name is typed."""

    act = Act.MANAGE_SERVICES
    tab = "danger"
    heavy = True
    title = _("Delete the service")
    act_label = _("Delete the service")
    keep_label = _("Keep the service")

    def get_object_name(self) -> str:
        """Return the service's name."""
        name: str = self.object.name
        return name

    def consequences(self) -> list[Any]:
        """Say what stops, with the traffic of the last 30 days."""
        traffic = answers.traffic(self.object)
        sentence = _(
            "In the last 30 days it had %(messages)s messages and %(callbacks)s callbacks."
        )
        return [
            sentence % {"messages": traffic.messages, "callbacks": traffic.callbacks},
            _("Its keys stop working, its apps are free for other services."),
            _("Its callbacks and their log are deleted. The message log stays."),
        ]

    def blockers(self) -> list[Button]:
        """Return what keeps it."""
        found = services.deletion_blockers(self.object)
        return [Button(item.text, str(item.url) or page_of(self.object)) for item in found]

    def perform(self) -> str:
        """Delete it."""
        name = self.object.name
        try:
            services.delete_service(service=self.object)
        except services.Blocked:
            return self.request.path
        toast(self.request, _("The service %(name)s is deleted.") % {"name": name})
        return reverse("services:list")


def _shown(page: Any, label: Any, secret: str, tab: str) -> str:
    """Return the page that shows a secret of a service once."""
    return show_once(
        page.request,
        title=f"{label}: {page.object.name}",
        secrets={str(label): secret},
        next_url=page_of(page.object, tab),
    )
