"""Acts on an app: on and off, its client key, deleting it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import services
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.models import App
from imiconnect.apps.views.base import OwnAppMixin, manage_url
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import back_to
from imiconnect.console.lists import Button
from imiconnect.console.secret import show_once
from imiconnect.console.toasts import toast
from imiconnect.keys import Overlap
from imiconnect.manage import ActView, RegeneratePage


class SetAppState(OwnAppMixin, ActView):
    """Turn an app on or off; the toast offers to undo it."""

    state = App.State.ACTIVE

    def perform(self) -> str:
        """Change the state."""
        services.set_app_state(app=self.object, state=self.state)
        on = self.state == App.State.ACTIVE
        undo = reverse("apps:turn_off" if on else "apps:turn_on", args=[self.object.pk])
        words = _("The app is on.") if on else _("The app is off: no message goes through it.")
        toast(self.request, words, undo_url=undo)
        return manage_url(self.object)


class RevealClientKey(OwnAppMixin, ActView):
    """Show the client key once more; who did it is on record."""

    act = Act.REVEAL_SECRETS

    def perform(self) -> str:
        """Lead to the page that shows it."""
        secret = services.reveal_client_key(app=self.object)
        return show_once(
            self.request,
            title=_("Client key of %(name)s") % {"name": self.object.name},
            secrets={str(_("Client key")): secret},
            next_url=manage_url(self.object),
        )


class RegenerateClientKey(OwnAppMixin, RegeneratePage):
    """A new client key, with an overlap for the old one."""

    title = _("Regenerate the client key")
    intro = _("Devices that register with the old key are refused once its time is over.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the app."""
        back = back_to(manage_url(self.object), self.object.name)
        return super().get_context_data(**kwargs, **back)

    def replace(self, keep: Overlap) -> str:
        """Replace the key and show it."""
        key = services.regenerate_client_key(app=self.object, keep=keep)
        return show_once(
            self.request,
            title=_("New client key of %(name)s") % {"name": self.object.name},
            secrets={str(_("Client key")): key.secret},
            next_url=manage_url(self.object),
        )


class DeleteApp(OwnAppMixin, ConfirmPage):
    """Deleting an app: what uses it comes first, then its name is typed."""

    heavy = True
    title = _("Delete the app")
    act_label = _("Delete the app")
    keep_label = _("Keep the app")

    def get_object_name(self) -> str:
        """Return the app's name."""
        name: str = self.object.name
        return name

    def consequences(self) -> list[Any]:
        """Say what stops."""
        kind = registry.get(self.object.channel_type)
        first = _("Its App ID and client key stop working and are never given out again.")
        if kind.handlers and not kind.can(Capability.CLIENT_KEY):
            first = _("The provider is told to stop calling, and the credentials are deleted.")
        return [
            first,
            _("Its registered devices and threads are deleted. The message log stays."),
        ]

    def blockers(self) -> list[Button]:
        """Return what uses the app."""
        found = services.deletion_blockers(self.object)
        return [Button(item.text, str(item.url) or manage_url(self.object)) for item in found]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the app."""
        back = back_to(manage_url(self.object), self.object.name)
        return super().get_context_data(**kwargs, **back)

    def perform(self) -> str:
        """Delete it."""
        name = self.object.name
        try:
            services.delete_app(app=self.object)
        except services.Blocked:
            return self.request.path
        toast(self.request, _("The app %(name)s is deleted.") % {"name": name})
        return reverse("apps:list")
