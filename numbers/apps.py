"""The numbers package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NumbersConfig(AppConfig):
    """Short codes, phone numbers, sender IDs and keywords."""

    name = "imiconnect.numbers"
    verbose_name = _("Numbers")

    def ready(self) -> None:
        """Put numbers and tools into the navigation, and open orders on the dashboard."""
        from imiconnect.console import shell
        from imiconnect.numbers import lookups

        assert lookups  # noqa: S101 - imported for its registration
        shell.register_section(
            shell.Section("numbers", _("Numbers"), "numbers:list", "phone", 20)
        )
