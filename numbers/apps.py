"""The numbers package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NumbersConfig(AppConfig):
    """Short codes, phone numbers, sender IDs and keywords."""

    name = "imiconnect.numbers"
    verbose_name = _("Numbers")

    def ready(self) -> None:
        """Put numbers and tools into the navigation, and open orders on the dashboard."""
        from imiconnect.console import shell, toolbox
        from imiconnect.numbers import lookups

        assert lookups  # noqa: S101 - imported for its registration
        shell.register_section(
            shell.Section("numbers", _("Numbers"), "numbers:list", "phone", 20)
        )
        for name, label, text, icon in (
            (
                "sms-restrictions",
                _("SMS RESTRICTIONS"),
                _("What each country allows and forbids for SMS and Sender IDs."),
                "message",
            ),
            (
                "number-restrictions",
                _("NUMBER RESTRICTIONS"),
                _("Which numbers each country sells, and which address it asks for."),
                "phone",
            ),
            (
                "keyword-test",
                _("Keyword test"),
                _("Which keyword, organization and service would get an incoming text."),
                "key",
            ),
        ):
            toolbox.register_tool(toolbox.Tool(f"numbers:{name}", label, text, icon, 20))
