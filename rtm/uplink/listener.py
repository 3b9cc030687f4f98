"""The process that reads the uplink at QoS 1 and acknowledges what is committed.

One thread is the MQTT client's and only queues; the main thread takes what has gathered,
writes it in one commit and acknowledges it. While PostgreSQL is away nothing is acknowledged,
so the broker keeps it; a batch is written again until it is committed.
"""

import logging
import queue
import signal
import socket
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import Error, connection
from paho.mqtt.client import Client, MQTTMessage

from imiconnect.engines.heartbeat import active, beat
from imiconnect.engines.memory import settle
from imiconnect.rtm.broker import aim, new_client
from imiconnect.rtm.protocol.topics import uplink_filters
from imiconnect.rtm.uplink.inbox import Inbox

log = logging.getLogger(__name__)

BATCH = 1000
#: Seconds: how long a batch gathers, and how long when the one before was of several; each
#: costs a commit that waits for the disk.
GATHER, GATHER_MORE = 0.003, 0.02
#: Seconds: between two signs of life, and before a write is repeated.
BEAT_EVERY, AGAIN = 2.0, 1.0
_NAME = "uplink"


class Listener:
    """Reads all shards, or those named; ``run`` returns after a signal."""

    def __init__(self, shards: Sequence[int] | None = None, *, shared: bool = False) -> None:
        """Subscribe nothing yet."""
        self._filters = _filters(shards, shared=shared)
        self._messages: queue.SimpleQueue[tuple[int, MQTTMessage]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._inbox = Inbox()
        self._gather = GATHER
        #: Grows with each connection: packet ids of an earlier one mean nothing now.
        self._connection = 0
        name = _own_name(shards)
        # A session of its own name outlives the process: what comes meanwhile waits there.
        self._client = new_client(
            _NAME, clean=False, client_id=f"gateway-uplink-{name}", manual_ack=True
        )
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def run(self) -> None:
        """Listen until SIGTERM or SIGINT; what was taken is written and acknowledged."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.start()
        settle()
        try:
            self.work()
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def start(self) -> None:
        """Connect, now or as soon as the broker is there."""
        aim(self._client)
        self._client.loop_start()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping.set()

    def work(self) -> None:
        """Write batches until stopped."""
        last_beat = 0.0
        while not self._stopping.is_set():
            if time.monotonic() - last_beat > BEAT_EVERY:
                if self._client.is_connected():
                    beat(_NAME)
                last_beat = time.monotonic()
            batch = self._next_batch()
            # What came over an earlier connection comes again, since it was not acknowledged.
            batch = [pair for pair in batch if pair[0] == self._connection]
            if batch:
                self._commit(batch)

    def _next_batch(self) -> list[tuple[int, MQTTMessage]]:
        try:
            batch = [self._messages.get(timeout=0.5)]
        except queue.Empty:
            return []
        deadline = time.monotonic() + self._gather
        while len(batch) < BATCH:
            try:
                # Asking with a time-out costs several times as much as asking without.
                batch.append(self._messages.get_nowait())
            except queue.Empty:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(left, 0.002))
        self._gather = GATHER_MORE if len(batch) > 1 else GATHER
        return batch

    def _commit(self, batch: list[tuple[int, MQTTMessage]]) -> None:
        pairs = [(message.topic, bytes(message.payload)) for _, message in batch]
        while True:
            try:
                self._inbox.write(pairs)
                break
            except Error as error:
                log.warning("The uplink waits for PostgreSQL: %s", error)
                connection.close()
                if self._stopping.wait(AGAIN):
                    return
                beat(_NAME)
        for number, message in batch:
            if number == self._connection:
                self._client.ack(message.mid, message.qos)
        active(_NAME)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._messages.put((self._connection, message))

    def _on_connect(self, client: Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            log.error("The broker refused the uplink listener: %s.", code)
            return
        self._connection += 1
        client.subscribe([(item, 1) for item in self._filters])
        log.info("The uplink listener reads %s.", ", ".join(self._filters))

    def _on_connect_fail(self, client: Client, _data: Any) -> None:
        aim(client)

    def _on_disconnect(self, client: Client, _d: Any, _f: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            log.warning("The uplink listener lost the broker: %s.", code)
            aim(client)

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
