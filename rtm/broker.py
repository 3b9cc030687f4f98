"""The gateway's connection to the MQTT broker: one per process, for publishing.

On NATS downlink is QoS 0, elsewhere QoS 1 with every acknowledgement awaited (DESIGN.md,
section 3). Each publish says whether the broker has it; only the receipt proves more.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Sequence

from django.conf import settings

from imiconnect.rtm.connect.broker import broker
from imiconnect.rtm.protocol.frames import MalformedPacket
from imiconnect.rtm.wire import CONNECT_SECONDS, Refused, Wire

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.1


def _client_id(role: str) -> str:
    return f"gateway-{role}-{uuid.uuid4().hex[:12]}"


class Link:
    """Publishes over a connection that is opened when it is needed; safe for threads, forks."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._is_away = False

    @property
    def qos(self) -> int:
        """The QoS of downlink on this kind of broker."""
        return 0 if settings.RTM_BROKER_KIND == "nats" else 1

    def publish(self, batch: Sequence[tuple[str, bytes]]) -> list[bool]:
        """Publish ``(topic, payload)`` pairs; return for each whether the broker has taken it.

        What a connection that was open before leaves over goes out once more on a new one:
        the broker may have restarted since. Waits up to ``CONNECT_SECONDS`` for a connection
        and ``ACK_SECONDS`` for the broker's answer; never raises for a broker that is away.
        """
        with self._lock:
            was_open = self._wire is not None
            taken = self._try(batch)
            if was_open and not all(taken):
                left = [number for number, done in enumerate(taken) if not done]
                again = self._try([batch[number] for number in left])
                for number, done in zip(left, again, strict=True):
                    taken[number] = done
            return taken

    def close(self) -> None:
        """Close the connection; the next publish opens it again."""
        with self._lock:
            wire, self._wire = self._wire, None
            if wire:
                wire.close()

    def forget(self) -> None:
        """Begin anew in a process that was forked: the connection is the parent's."""
        wire = self._wire
        self.__init__()  # type: ignore[misc] # the lock too may be held by a thread that is gone
        if wire:
            wire.drop()

    def _try(self, batch: Sequence[tuple[str, bytes]]) -> list[bool]:
        wire = self._open() if batch else None
        if wire is None:
            return [False] * len(batch)
        taken = wire.publish(batch, self.qos)
        if not wire.is_open:
            log.warning("The connection to the broker was lost.")
            self._wire = None
        return taken

    def _open(self) -> Wire | None:
        """Return a connection; while the broker is away, only the first batch waits for it."""
        if self._wire is not None and self._wire.is_stale:
            self._wire.close()
            self._wire = None
        deadline = time.monotonic() + (0 if self._is_away else CONNECT_SECONDS)
        while self._wire is None:
            try:
                self._wire = Wire(broker(), _client_id("mt"))
            except (Refused, MalformedPacket) as error:
                log.error("The broker does not accept the gateway: %s.", error)
                return None
            except OSError as error:
                if time.monotonic() + _PAUSE_SECONDS < deadline:
                    time.sleep(_PAUSE_SECONDS)
                    continue
                if not self._is_away:
                    log.warning("The broker cannot be reached: %s", error)
                self._is_away = True
                return None
        self._is_away = False
        return self._wire


#: The connection of this process.
link = Link()
os.register_at_fork(after_in_child=lambda: link.forget())
