"""``manage.py uplink``: the process that reads what devices publish."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imiconnect.rtm.protocol.topics import SHARDS
from imiconnect.rtm.uplink.listener import Listener


class Command(BaseCommand):
    """Listen until the process is told to end."""

    help = "Read receipts and messages of devices from the MQTT broker into PostgreSQL."
    # They load every page's code, which this process never serves.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer two ways to divide the devices among several listeners."""
        parser.add_argument(
            "--shards",
            default="",
            help=f"Shards to read, like 0-7 or 1,3,5 (of 0-{SHARDS - 1}); all unless named.",
        )
        parser.add_argument(
            "--shared",
            action="store_true",
            help="Divide the devices with other listeners by a shared subscription.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the listener."""
        Listener(_shards(options["shards"]), shared=options["shared"]).run()


def _shards(text: str) -> list[int] | None:
    """Return the shards that an option names; raises ``CommandError``."""
    if not text:
        return None
    found: set[int] = set()
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            found |= set(range(int(first), int(last or first) + 1))
    except ValueError:
        raise CommandError("--shards is not a list like 0-7 or 1,3,5.") from None
    if not found or not found <= set(range(SHARDS)):
        raise CommandError(f"--shards must be between 0 and {SHARDS - 1}.")
    return sorted(found)
