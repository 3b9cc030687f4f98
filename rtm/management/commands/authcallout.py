"""Answer a NATS broker's questions about who may connect."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from imiconnect.rtm.connect.callout import Callout


class Command(BaseCommand):
    """Run until told to stop; the broker may come and go."""

    help = "Answer a NATS broker's questions about who may connect (auth callout)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        if not (settings.RTM_AUTH_CALLOUT_URL and settings.RTM_AUTH_CALLOUT_SEED):
            raise CommandError(
                "RTM_AUTH_CALLOUT_URL and RTM_AUTH_CALLOUT_SEED are not set: "
                "this broker asks nobody. For a broker without questions use mqttproxy."
            )
        asyncio.run(_serve())


async def _serve() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await Callout().run(stop)
