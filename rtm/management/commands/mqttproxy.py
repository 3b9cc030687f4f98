"""Take MQTT connections of devices for a broker that cannot ask who may connect."""

import asyncio
import signal
import ssl
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imiconnect.rtm.connect.proxy import Proxy


class Command(BaseCommand):
    """Run until told to stop."""

    help = "Take MQTT connections of devices for a broker that cannot ask (Mosquitto)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and the certificate for TLS."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=1883)
        parser.add_argument("--certificate", help="PEM file; with it, devices use TLS")
        parser.add_argument("--key", help="PEM file of the certificate's key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        tls = None
        if options["certificate"]:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(options["certificate"], options["key"])
        try:
            asyncio.run(_serve(options["host"], options["port"], tls))
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be used: {error.strerror}. Choose another."
            ) from None


async def _serve(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await Proxy().start(host, port, tls)
    await stop.wait()
    server.close()
