"""``manage.py smpp``: the process that holds the connections to message centres."""

from typing import Any

from django.core.management.base import BaseCommand

from imiconnect.numbers.carriers.smpp.runner import Runner


class Command(BaseCommand):
    """Hold the links of all active SMPP accounts until the process is told to end."""

    help = "Send and receive texts over SMPP for the active accounts of the carrier smpp."
    # They load every page's code, which this process never serves.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the links."""
        Runner().run()
