"""The Django app of the engines: health, metrics and heartbeats."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnginesConfig(AppConfig):
    """The package ``imiconnect.engines``."""

    name = "imiconnect.engines"
    label = "engines"
    verbose_name = _("Engines")

    def ready(self) -> None:
        """Make the Celery application the one that shared tasks belong to."""
        from imiconnect import celery  # noqa: F401 - importing it is the point
        from imiconnect.engines import pooler  # noqa: F401 - it registers a check
