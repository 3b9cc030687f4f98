"""The callback sender: claims what is due and calls many servers at a time.

One run keeps connections open and works until nothing is due for a moment. A server that is
slow holds only its own places: calls to one server are limited, and while they are taken no
more of its rows are claimed. The database is used from one thread of its own, so that no
call waits for it, and no transaction is open during a call.

One run is enough for all servers that answer, so while it claims no nudge starts another,
which would take a thread from the providers' queues. Where many slow servers fill a run, it
asks for one more.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _

from imiconnect.outbound import Answer, Outbound, OutboundError
from imiconnect.rtm import nudge
from imiconnect.rtm.callbacks import outbox
from imiconnect.rtm.callbacks.nudge import QUEUE
from imiconnect.rtm.callbacks.outbox import Job, Result
from imiconnect.rtm.callbacks.outcomes import Try
from imiconnect.rtm.callbacks.signing import signed_headers

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How much one run takes on; times in seconds.

    ``per_host`` calls to a server at once and ``held_per_host`` rows of it claimed; ``held``
    rows in all. A run ends after ``linger`` without work, and claims nothing new after
    ``claims_for``, so that a worker can be stopped. Results of ``gather`` are written, and
    rows of as long claimed, together. It says every ``renew`` that it is there; there are at
    most ``runs``, in all workers.
    """

    held: int = 1000
    per_host: int = 16
    held_per_host: int = 64
    linger: float = 2.0
    poll: float = 0.25
    gather: float = 0.05
    claims_for: float = 30.0
    resolvers: int = 32
    renew: float = nudge.FLAG_MILLISECONDS / 3000
    runs: int = 8


def send_due(limits: Limits | None = None, *, place: int = 0) -> int:
    """Send callbacks until nothing is due; return how many tries were made.

    ``place`` is whose flag this run holds (``rtm/nudge.py``), the first of all runs by itself.
    Safe to run at the same time in several processes, and to kill: a try that was not
    written is made again when its lease has ended, with the same webhook id.
    """
    return asyncio.run(_Run(limits or Limits(), place).go())


class _Run:
    """The state of one run: calls under way, by server, and results not yet written."""

    def __init__(self, limits: Limits, place: int) -> None:
        self._limits, self._place = limits, place
        self._renewed = 0.0
        self._database = ThreadPoolExecutor(1, thread_name_prefix="callbacks-db")
        self._calls: set[asyncio.Task[None]] = set()
        self._held: Counter[str] = Counter()
        self._places: dict[str, asyncio.Semaphore] = {}
        self._results: list[Result] = []
        self._tries = 0

    async def go(self) -> int:
        """Claim, call and write until there is nothing to do."""
        resolvers = ThreadPoolExecutor(self._limits.resolvers, thread_name_prefix="resolve")
        asyncio.get_running_loop().set_default_executor(resolvers)
        try:
            async with Outbound(connections=self._limits.held) as client:
                await self._work(client)
        finally:
            for call in self._calls:
                call.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)
            await self._in_database(connections.close_all)
            self._database.shutdown()
        return self._tries

    async def _work(self, client: Outbound) -> None:
        begun = last_work = time.monotonic()
        while (now := time.monotonic()) - begun < self._limits.claims_for:
            await self._hold(now)
            found = await self._take_on(client)
            # A call may have ended while the claim was made: its result is still to be written.
            if found or self._calls or self._results:
                last_work = time.monotonic()
            elif time.monotonic() - last_work >= self._limits.linger:
                break
            await self._wait(found)
            await self._write()
        await self._in_database(nudge.release, QUEUE, self._place)
        # A row that came between the last look and the release has sent no nudge.
        if await self._take_on(client) or self._calls:
            await self._in_database(nudge.nudge, QUEUE)
        while self._calls or self._results:
            await self._wait(1)
            await self._write()

    async def _hold(self, now: float) -> None:
        """Keep nudges from starting another run, unless this one is full."""
        if now - self._renewed < self._limits.renew:
            return
        self._renewed = now
        await self._in_database(nudge.renew, QUEUE, self._place)
        if len(self._calls) >= self._limits.held:
            await self._in_database(nudge.more, QUEUE, self._limits.runs)

    async def _take_on(self, client: Outbound) -> int:
        """Claim rows for the free places and begin their calls."""
        limits = self._limits
        room = limits.held - len(self._calls)
        if room <= 0:
            return 0
        # A server of which rows are held gets none until half of them are done.
        busy = [host for host, held in self._held.items() if held > limits.held_per_host // 2]
        jobs = await self._in_database(outbox.claim, room, limits.held_per_host, busy)
        if not jobs:
            return 0
        secrets = await self._in_database(outbox.secrets_of, {job.service_id for job in jobs})
        for job in jobs:
            self._held[job.host] += 1
            call = asyncio.create_task(
                self._deliver(client, job, secrets.get(job.service_id, []))
            )
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        return len(jobs)

    async def _deliver(self, client: Outbound, job: Job, secrets: list[str]) -> None:
        places = self._places.setdefault(job.host, asyncio.Semaphore(self._limits.per_host))
        try:
            async with places:
                started = time.time()
                outcome = await call_once(client, job, secrets, int(started))
                self._results.append(Result(job, outcome, started))
        finally:
            self._held[job.host] -= 1
            if not self._held[job.host]:
                del self._held[job.host]

    async def _wait(self, found: int) -> None:
        if self._calls:
            await asyncio.wait(
                self._calls, timeout=self._limits.poll, return_when=asyncio.FIRST_COMPLETED
            )
            if self._calls:
                # More calls end within a moment; they are written together.
                await asyncio.wait(self._calls, timeout=self._limits.gather)
        elif not found:
            await asyncio.sleep(self._limits.poll)

    async def _write(self) -> None:
        results, self._results = self._results, []
        if results:
            await self._in_database(outbox.record, results)
            self._tries += len(results)

    async def _in_database(self, act: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, act, *args)


async def call_once(client: Outbound, job: Job, secrets: list[str], timestamp: int) -> Try:
    """Make one try and return how it ended; a fault of our own is a failed try too."""
    begun = time.monotonic()
    try:
        answer = await _call(client, job, secrets, timestamp)
    except OutboundError as error:
        words, retryable = str(error.words), error.retryable
    except Exception:  # else the row would come back with every lease, without end
        log.exception("The callback %s could not be tried", job.id)
        words, retryable = _("The call failed by a fault of this platform."), True
    else:
        return Try(status=answer.status, response=answer.body, duration_ms=answer.duration_ms)
    spent = int((time.monotonic() - begun) * 1000)
    return Try(error=words, retryable=retryable, duration_ms=spent)


async def _call(client: Outbound, job: Job, secrets: list[str], timestamp: int) -> Answer:
    body = job.body.encode()
    headers = {
        "Content-Type": "application/json",
        **signed_headers(secrets, str(job.id), timestamp, body),
    }
    return await client.send(
        "POST",
        job.url,
        body=body,
        headers=headers,
        timeout=settings.CALLBACK_TIMEOUT_SECONDS,
    )
