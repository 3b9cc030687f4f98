"""The sandbox package."""

from django.apps import AppConfig
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


def is_on(request: HttpRequest | None = None) -> bool:
    """Tell whether twins stand in for the providers."""
    return bool(settings.SANDBOX)


class SandboxConfig(AppConfig):
    """Twins of providers."""

    name = "imiconnect.sandbox"
    verbose_name = _("Sandbox")

    def ready(self) -> None:
        """Put the strip on every page, and the twins into the tools."""
        from imiconnect.console import shell
        from imiconnect.console.toolbox import Tool, register_tool

        shell.register_sandbox(is_on)
        register_tool(
            Tool(
                "sandbox:twins",
                _("Sandbox"),
                _("Play the customer at the doubles of the providers, and let them misbehave."),
                "flask",
                order=80,
                visible=is_on,
            )
        )
