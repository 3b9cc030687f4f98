"""CONFIGURE APPS for a channel of a provider: the new app is asked about there at once."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin
from imiconnect.apps import health
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.models import App
from imiconnect.wizards import Outcome, Wizard


class ProviderWizard(MemberRequiredMixin, Wizard):
    """The wizard; ``kind`` is the channel type, and the review is the page with SAVE."""

    kind: ClassVar[ChannelType]
    act = Act.MANAGE_APPS
    section = "apps"
    url_name = "apps:configure"
    confirm_label = _("SAVE")
    already_title = _("This app was already configured")
    already_text = _("Going back does not configure it a second time.")
    done_template = "apps/provider_done.html"

    def made(self, app: App, **words: str) -> Outcome:
        """Return where a new app is managed, after its first check at the provider."""
        health.check_now(app=app)
        url = reverse("apps:manage", args=[app.pk])
        return Outcome(url, reference=app.app_id, words={"id": str(app.pk), **words})

    def done_context(self, run: dict[str, Any]) -> dict[str, Any]:
        """Show the app and whether it works."""
        app = App.objects.filter(pk=run["outcome"]["words"]["id"]).first()
        return {"app": app, "checkup": getattr(app, "checkup", None), "kind": self.kind}
