"""The sharing package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharingConfig(AppConfig):
    """Who may use which asset, through which service."""

    name = "imiconnect.sharing"
    verbose_name = _("Services and sharing")

    def ready(self) -> None:
        """Answer what apps ask of shares."""
        from imiconnect.apps import ports
        from imiconnect.sharing import querysets

        ports.shared_with = querysets.shared_with_member
        ports.usable_by = querysets.usable_by
