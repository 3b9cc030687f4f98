"""The card "OS or browser" of a mobile or web app: where it runs, after the wizard."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import services
from imiconnect.apps.channel_types.mobile_web.forms import SystemsForm
from imiconnect.console.toasts import toast
from imiconnect.manage import Card


def _save(page: Any, values: dict[str, Any]) -> None:
    services.update_app(app=page.own_object(), changes={"systems": values["systems"]})
    toast(page.request, _("The app is changed."))


CARD = Card(
    "systems",
    SystemsForm,
    Act.MANAGE_APPS,
    _save,
    initial=lambda page: {"systems": page.object.config.get("systems", [])},
    arguments=lambda page: {"platform": page.object.config["platform"]},
    when=lambda page: "platform" in page.object.config,
)
