"""The apps package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelAppsConfig(AppConfig):
    """Channel assets: what an IP channel needs to send and receive."""

    name = "imiconnect.apps"
    verbose_name = _("Apps")

    def ready(self) -> None:
        """Put the apps into the navigation."""
        from imiconnect.apps.panels import attention
        from imiconnect.console import panels, shell

        panels.register_attention(attention)
        shell.register_section(shell.Section("apps", _("Apps"), "apps:list", "apps", 30))
