"""The process that reads the uplink at QoS 1 and acknowledges what is committed.

It takes what has gathered, writes it in one commit and acknowledges it. While PostgreSQL is
away nothing is acknowledged, so the broker keeps it; a batch is written again until it is
committed.
"""

import logging
import signal
import socket
import threading
import time
from collections.abc import Sequence
from types import FrameType

from django.conf import settings
from django.db import Error, connection

from imiconnect.engines.heartbeat import active, beat
from imiconnect.engines.memory import settle
from imiconnect.rtm.connect.broker import broker
from imiconnect.rtm.protocol.frames import MalformedPacket
from imiconnect.rtm.protocol.topics import uplink_filters
from imiconnect.rtm.uplink.inbox import Inbox
from imiconnect.rtm.uplink.reader import Published, Reader
from imiconnect.rtm.wire import Refused

log = logging.getLogger(__name__)

BATCH = 1000
#: Seconds: how long a batch gathers, and how long when the one before was of several; each
#: costs a commit that waits for the disk.
GATHER, GATHER_MORE = 0.003, 0.02
#: Seconds: between two signs of life, before a write is repeated or the broker is called again.
BEAT_EVERY, AGAIN = 2.0, 1.0
_LOOK = 0.5
_NAME = "uplink"


class Listener:
    """Reads all shards, or those named; ``run`` returns after a signal."""

    def __init__(self, shards: Sequence[int] | None = None, *, shared: bool = False) -> None:
        """Subscribe nothing yet."""
        self._filters = _filters(shards, shared=shared)
        # A session of its own name outlives the process: what comes meanwhile waits there.
        self._client_id = f"gateway-{_NAME}-{_own_name(shards)}"
        self._stopping = threading.Event()
        self._inbox = Inbox()
        self._gather = GATHER
        self._beat_at = 0.0
        self._reader: Reader | None = None

    @property
    def is_reading(self) -> bool:
        """Whether it is connected and has subscribed."""
        return self._reader is not None

    def run(self) -> None:
        """Listen until SIGTERM or SIGINT; what was taken is written and acknowledged."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        settle()
        self.work()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping.set()

    def work(self) -> None:
        """Read and write batches until stopped, and connect whenever there is no connection."""
        while not self._stopping.is_set():
            try:
                self._read(self._reader or self._connect())
            except Refused as error:
                log.error("The broker refused the uplink listener: %s.", error)
                self._stopping.wait(AGAIN)
            except (OSError, MalformedPacket) as error:
                self._lose(error)
        if self._reader:
            self._reader.close()
            self._reader = None

    def _connect(self) -> Reader:
        self._reader = Reader(broker(), self._client_id, self._filters)
        log.info("The uplink listener reads %s.", ", ".join(self._filters))
        return self._reader

    def _lose(self, error: Exception) -> None:
        """Forget a connection; what was not acknowledged comes again over the next one."""
        if self._reader:
            log.warning("The uplink listener lost the broker: %s.", error)
            self._reader.drop()
            self._reader = None
        self._stopping.wait(AGAIN)

    def _read(self, reader: Reader) -> None:
        self._beat()
        if not reader.wait(_LOOK):
            return
        time.sleep(self._gather)
        batch = reader.read(BATCH)
        self._gather = GATHER_MORE if len(batch) > 1 else GATHER
        if self._write(batch, reader):
            reader.acknowledge(batch)
            active(_NAME)

    def _write(self, batch: Sequence[Published], reader: Reader) -> bool:
        """Commit a batch, however long PostgreSQL is away; return False when stopped before."""
        pairs = [(item.topic, item.payload) for item in batch]
        while True:
            try:
                self._inbox.write(pairs)
                return True
            except Error as error:
                log.warning("The uplink waits for PostgreSQL: %s", error)
                connection.close()
                if self._stopping.wait(AGAIN):
                    return False
                reader.keep_alive()
                self._beat()

    def _beat(self) -> None:
        if time.monotonic() - self._beat_at > BEAT_EVERY:
            beat(_NAME)
            self._beat_at = time.monotonic()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()


def _own_name(shards: Sequence[int] | None) -> str:
    """Return what tells this listener's session from others': its shards, or its host."""
    if shards is not None:
        return "-".join(map(str, shards))
    if settings.RTM_BROKER_KIND == "nats":
        return "all"
    return "".join(c if c.isalnum() else "-" for c in socket.gethostname())


def _filters(shards: Sequence[int] | None, *, shared: bool) -> list[str]:
    """Return what to subscribe.

    A shared subscription spreads devices over listeners, but Mosquitto drops what comes
    between its restart and the listener's return, so it is asked for, never the default.
    """
    plain = uplink_filters(shards)
    return [f"$share/gateway/{item}" for item in plain] if shared else plain
