"""The console's Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    """Shared pages and page parts; every package registers its own entries in ``ready``."""

    name = "imiconnect.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        """Put the dashboard into the navigation, and the engines' health on it."""
        from imiconnect.console import health, shell

        health.register()
        shell.register_section(
            shell.Section(
                "dashboard", _("Dashboard"), "console:dashboard", "layout-dashboard", 10
            )
        )
        shell.register_section(shell.Section("tools", _("Tools"), "console:tools", "tool", 70))
