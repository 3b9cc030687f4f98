"""The apps package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelAppsConfig(AppConfig):
    """Channel assets: what an IP channel needs to send and receive."""

    name = "imiconnect.apps"
    verbose_name = _("Apps")
