"""The process with the links: one thread for each active account, as the admin has them."""

import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.db import Error, close_old_connections, connection

from imiconnect.engines.heartbeat import beat
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.smpp.link import Link
from imiconnect.numbers.carriers.smpp.messenger import Messenger
from imiconnect.numbers.carriers.smpp.options import Centre, centre_of, problems_of
from imiconnect.numbers.models import CarrierAccount

log = logging.getLogger(__name__)
#: Seconds between two looks at the accounts, and for a link to say goodbye.
_LOOK, _GOODBYE = 2.0, 10.0


class Runner:
    """Starts, restarts and stops links until a signal comes."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._links: dict[str, Link] = {}

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self._stopping.is_set():
            self.look()
            beat("smpp")
            self._stopping.wait(_LOOK)
        self._end(list(self._links))

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for the end."""
        self._stopping.set()

    def look(self) -> None:
        """Bring the links in line with the accounts; without a database they stay."""
        close_old_connections()
        try:
            wanted = _wanted()
        except Error:
            connection.close()
            log.warning("The accounts cannot be read; the links stay as they are")
            return
        old = [
            key
            for key, link in self._links.items()
            if not link.is_alive() or wanted.get(key) != (link.centre, link.per_second)
        ]
        self._end(old)
        for key, (centre, per_second) in wanted.items():
            if key not in self._links:
                self._links[key] = Link(centre, per_second)
                self._links[key].start()

    def _end(self, keys: list[str]) -> None:
        ended = [self._links.pop(key) for key in keys]
        for link in ended:
            link.stop()
        for link in ended:
            link.join(_GOODBYE)


def _wanted() -> dict[str, tuple[Centre, Any]]:
    wanted = {}
    for row in CarrierAccount.objects.filter(is_active=True):
        if row.kind != Messenger.slug:
            continue
        account = registry.account_of(row)
        problems = problems_of(account)
        if problems:
            log.error("SMPP account %s is not used: %s", row.slug, problems[0])
        else:
            wanted[row.slug] = (centre_of(account), row.per_second)
    return wanted
