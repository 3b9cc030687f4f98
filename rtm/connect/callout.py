"""The service that a NATS broker asks who may connect, and that sees who comes and goes.

The decision is the one of ``decision.py``. Several may run: they share the questions.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

import nkeys
import orjson
from django.conf import settings
from django.db import Error as DatabaseError
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from imiconnect.engines import heartbeat
from imiconnect.engines.nats import DEVICES
from imiconnect.rtm.connect import presence, reconcile
from imiconnect.rtm.connect.decision import Grant, Refusal, read_claim
from imiconnect.rtm.connect.load import authorize
from imiconnect.rtm.connect.threads import in_thread
from imiconnect.rtm.processors.retry import schedule_connected
from imiconnect.rtm.protocol import callout
from imiconnect.rtm.protocol.callout import Issuer, NotARequest, Request, Rights
from imiconnect.urls_of_engines import nodes

log = logging.getLogger(__name__)

NAME = "authcallout"
_EVENTS = f"$SYS.ACCOUNT.{DEVICES}"
_BEAT_SECONDS = 3
_PRESENCE_BEATS = 5
_RECONNECT_SECONDS = 1
#: How long the nodes of a broker take to connect with a new one.
_SETTLED_SECONDS = 3


class Callout:
    """One running service."""

    def __init__(self) -> None:
        """Read the key that signs answers."""
        seed = settings.RTM_AUTH_CALLOUT_SEED.encode()
        self._issuer = Issuer(nkeys.from_seed(seed), DEVICES)
        self._client: Client | None = None
        self._holders: set[str] = set()
        #: Every node of the broker that was heard of since the start.
        self._nodes: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_answering(self) -> bool:
        """Whether the broker can ask."""
        return self._client is not None and self._client.is_connected

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set, whatever happens to the broker meanwhile."""
        beating = asyncio.create_task(self._beat())
        try:
            while not stop.is_set():
                try:
                    client = await _unless(stop, self._connected())
                except (OSError, NatsError, TimeoutError) as error:
                    log.warning("The broker cannot be reached: %s", error)
                    await _wait(stop, _RECONNECT_SECONDS)
                    continue
                if client is None:
                    return
                self._client = client
                log.info("Answering the broker's questions.")
                await self._until_closed(client, stop)
        finally:
            beating.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _until_closed(self, client: Client, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set, or until the client has given up for good."""
        while not stop.is_set() and not client.is_closed:
            await _wait(stop, _RECONNECT_SECONDS)
        await client.close()

    async def _connected(self) -> Client:
        client = Client()

        async def catch_up() -> None:
            await self._catch_up(client)

        named = nodes(settings.RTM_AUTH_CALLOUT_URL)
        await client.connect(
            [f"{named.scheme}://{host}:{port}" for host, port in named.in_any_order()],
            user=named.username or None,
            password=named.password or None,
            name=NAME,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_SECONDS,
            ping_interval=10,
            max_outstanding_pings=2,
            error_cb=_note_error,
            reconnected_cb=catch_up,
        )
        try:
            await self._listen(client)
        except BaseException:
            # Else it would go on answering beside the next one.
            await client.close()
            raise
        return client

    async def _listen(self, client: Client) -> None:
        await client.subscribe(callout.SUBJECT, queue=NAME, cb=self._on_question)
        for event in ("CONNECT", "DISCONNECT"):
            await client.subscribe(f"{_EVENTS}.{event}", queue=NAME, cb=self._on_event)
        await client.subscribe(f"{_EVENTS}.SERVER.CONNS", cb=self._on_sign)
        await self._catch_up(client)

    async def _catch_up(self, client: Client) -> None:
        """Learn who has come and gone while nobody listened."""
        try:
            self._holders |= await reconcile.reconcile(client)
        except (NatsError, DatabaseError, TimeoutError):
            log.exception("Who is connected could not be compared with the broker.")

    async def _on_question(self, message: Msg) -> None:
        self._beside(self._answer(message))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it while the next message is read: those that come together share a query."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("A question or event was dropped.", exc_info=error)

    async def _answer(self, message: Msg) -> None:
        try:
            request = callout.read_request(message.data)
        except NotARequest:
            log.warning("Something that is no authorization request was received.")
            return
        answer = await self._decide(request)
        try:
            await message.respond(answer)
        except NatsError as error:
            log.warning("An answer could not be sent: %s", error)
        await in_thread(heartbeat.active, NAME)

    async def _decide(self, request: Request) -> bytes:
        now = int(time.time())
        claim = read_claim(request.client_id, request.username, request.password)
        try:
            answer = claim if isinstance(claim, Refusal) else await authorize(claim)
        except DatabaseError:
            log.exception("A device could not be looked up.")
            return self._issuer.refuse(request, "the gateway is not available", now)
        if isinstance(answer, Grant):
            return self._issuer.accept(request, rights_of(answer), now)
        log.info("Refused a device: %s.", answer.reason)
        return self._issuer.refuse(request, answer.reason, now)

    async def _on_event(self, message: Msg) -> None:
        told = orjson.loads(message.data)
        event = reconcile.event_of(
            told.get("client", {}).get("user", ""),
            server_id=told.get("server", {}).get("id", ""),
            connected=message.subject.endswith(".CONNECT"),
        )
        if event is None:
            return
        self._holders.add(event.holder)
        self._beside(self._record(event))

    async def _record(self, event: presence.Event) -> None:
        try:
            await presence.record(event)
            if event.connected:
                await presence.ask_for_pending_of(event.device)
        except DatabaseError:
            log.exception("A device's presence could not be written.")

    async def _on_sign(self, message: Msg) -> None:
        """Note that a server of the broker is alive."""
        holder = reconcile.holder_of(orjson.loads(message.data)["server"]["id"])
        self._holders.add(holder)
        if holder not in self._nodes:
            is_another = bool(self._nodes)
            self._nodes.add(holder)
            if is_another:
                self._beside(self._wake_connected())

    async def _wake_connected(self) -> None:
        """A node has come, perhaps after its death: send again what the change has cost."""
        await asyncio.sleep(_SETTLED_SECONDS)
        try:
            await in_thread(schedule_connected)
        except DatabaseError:
            log.exception("Connected devices could not be woken.")

    async def _beat(self) -> None:
        beats = 0
        while True:
            if self.is_answering:
                await in_thread(heartbeat.beat, NAME)
            if beats % _PRESENCE_BEATS == 0:
                seen, self._holders = self._holders, set()
                await self._pass_on(seen)
            beats += 1
            await asyncio.sleep(_BEAT_SECONDS)

    async def _pass_on(self, seen: set[str]) -> None:
        try:
            for holder in seen:
                await in_thread(presence.beat, holder)
            if not seen:
                await in_thread(presence.forget_dead)
        except DatabaseError as error:
            log.warning("No sign of life could be written: %s", error)


def rights_of(grant: Grant) -> Rights:
    """Return what a device may do on the broker."""
    return Rights(
        device=grant.device,
        epoch=grant.epoch,
        publish=dict.fromkeys(grant.names.publish.values()),
        subscribe=grant.names.readable(),
    )


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, Client]) -> Client | None:
    """Return what ``work`` gives, or None once ``stop`` is set: it may wait for ever."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    return None


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _note_error(error: Exception) -> None:
    log.warning("Connection to the broker: %s", error)
