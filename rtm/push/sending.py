"""Sending notifications from a thread of its own, which keeps the connections open.

The processors are synchronous; push services want many calls at once over few connections. So
each process has one event loop for them. A client belongs to one set of credentials: a
provider that is slow for one app delays no other.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec

from imiconnect.apps.push import provider
from imiconnect.apps.push.clients.apns import (
    ApnsClient,
    request_headers,
)
from imiconnect.apps.push.clients.fcm import FcmClient
from imiconnect.apps.push.clients.outcomes import (
    Problem,
    PushError,
    Taken,
)
from imiconnect.apps.push.clients.web import (
    Subscription,
    WebPushClient,
)
from imiconnect.apps.push.credentials import (
    ApnsCertificate,
    ApnsToken,
    Credentials,
    Fcm,
    WebPush,
)
from imiconnect.outbound import Outbound
from imiconnect.rtm.processors.claims import LEASE_SECONDS
from imiconnect.rtm.push import payloads
from imiconnect.rtm.push.payloads import Note

#: Seconds for one call, and the most at once.
TIMEOUT, AT_ONCE = 8.0, 200
#: Seconds within which calls of a batch begin. It must end within its lease, with time left to
#: write down what came of it, or somebody else sends it too.
BEGIN_SECONDS = (LEASE_SECONDS - TIMEOUT) / 2
_KEPT_CLIENTS = 200
Result = Taken | PushError
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """A notification on its way to one address."""

    note: Note
    credentials: Credentials
    platform: str
    address: str


class _Loop:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="push", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine that runs in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class Pusher:
    """All clients of one process."""

    def __init__(self) -> None:
        """Start the loop; clients are made when they are needed."""
        self._loop = _Loop()
        self._clients: dict[Credentials, Any] = {}
        self._outbound: Outbound | None = None

    def send(self, sendings: Sequence[Sending]) -> list[Result | None]:
        """Send all at once and return what came of each, in their order.

        None stands for those that nobody was asked to take, since the others were too slow.
        """
        return self._loop.run(self._send_all(sendings))

    async def _send_all(self, sendings: Sequence[Sending]) -> list[Result | None]:
        gate = asyncio.Semaphore(AT_ONCE)
        loop = asyncio.get_running_loop()
        last_begin = loop.time() + BEGIN_SECONDS

        async def one(item: Sending) -> Result | None:
            async with gate:
                if loop.time() > last_begin:
                    return None
                try:
                    async with asyncio.timeout(TIMEOUT):
                        return await self._send(item)
                except PushError as error:
                    return error
                except TimeoutError:
                    return PushError(Problem.UNAVAILABLE, "timeout")
                except Exception as error:  # it must cost the others of the batch nothing
                    log.exception("A notification for %s was not sent", item.platform)
                    unsendable = isinstance(error, ValueError | TypeError)
                    problem = Problem.CONTENT if unsendable else Problem.UNAVAILABLE
                    return PushError(problem, type(error).__name__)

        return list(await asyncio.gather(*(one(item) for item in sendings)))

    async def _send(self, item: Sending) -> Taken:
        ways: dict[type, Callable[[Sending], Awaitable[Taken]]] = {
            ApnsToken: self._by_apns,
            ApnsCertificate: self._by_apns,
            Fcm: self._by_fcm,
            WebPush: self._by_web,
        }
        return await ways[type(item.credentials)](item)

    async def _by_apns(self, item: Sending) -> Taken:
        credentials = item.credentials
        assert isinstance(credentials, ApnsToken | ApnsCertificate)  # noqa: S101 - see _send
        there = provider.apns(credentials.gateway)
        client = self._client(
            credentials,
            lambda: ApnsClient(
                base_url=there.url,
                trusted=there.trusted,
                credentials=credentials,
                timeout=TIMEOUT,
            ),
        )
        headers = request_headers(
            tid=item.note.tid,
            expires_at=item.note.until,
            urgent=item.note.urgent,
            collapse_id=item.note.collapse,
        )
        taken: Taken = await client.send(
            item.address, payloads.for_apns(item.note), headers=headers
        )
        return taken

    async def _by_fcm(self, item: Sending) -> Taken:
        credentials = item.credentials
        assert isinstance(credentials, Fcm)  # noqa: S101 - see _send
        there = provider.fcm()
        client = self._client(
            credentials,
            lambda: FcmClient(
                base_url=there.url,
                token_url=there.token_url,
                credentials=credentials,
                timeout=TIMEOUT,
            ),
        )
        taken: Taken = await client.send(
            payloads.for_fcm(item.note, item.address, item.platform)
        )
        return taken

    async def _by_web(self, item: Sending) -> Taken:
        credentials = item.credentials
        assert isinstance(credentials, WebPush)  # noqa: S101 - see _send
        if self._outbound is None:
            self._outbound = Outbound(connections=AT_ONCE, double=provider.web_push_double())
        outbound = self._outbound
        client = self._client(
            credentials,
            lambda: WebPushClient(credentials=credentials, outbound=outbound, timeout=TIMEOUT),
        )
        subscription = msgspec.json.decode(item.address, type=Subscription)
        taken: Taken = await client.send(
            subscription,
            payloads.for_web(item.note, credentials.icon_url),
            ttl=item.note.life,
            urgency="high" if item.note.urgent else "normal",
            topic=item.note.collapse,
        )
        return taken

    def _client(self, credentials: Credentials, make: Callable[[], Any]) -> Any:
        client = self._clients.pop(credentials, None) or make()
        self._clients[credentials] = client  # The one used last is the last to go.
        if len(self._clients) > _KEPT_CLIENTS:
            oldest = self._clients.pop(next(iter(self._clients)))
            if hasattr(oldest, "aclose"):
                task = asyncio.get_running_loop().create_task(oldest.aclose())
                self._closing = task
        return client


@cache
def _pusher_of(_process: int) -> Pusher:
    return Pusher()


def pusher() -> Pusher:
    """Return the clients of this process; a forked one has its own."""
    return _pusher_of(os.getpid())
