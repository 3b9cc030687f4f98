"""The ASGI callable of the hot routes, and what it keeps while the server lives."""

import asyncio
import hashlib
import logging
import re
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from django.utils import timezone
from psycopg_pool import PoolTimeout

from imiconnect.rtm.intake import devices, idempotency, orders, sealed, status
from imiconnect.rtm.intake.accept import accept, key_missing
from imiconnect.rtm.intake.answers import (
    INTERNAL,
    INVALID_JSON,
    Refusal,
    RtmsRefusal,
    rtms,
)
from imiconnect.rtm.intake.cors import Origins
from imiconnect.rtm.intake.gather import Gatherer
from imiconnect.rtm.intake.http import (
    Answer,
    Gone,
    Receive,
    Request,
    Scope,
    Send,
    TooLong,
    read,
    respond,
)
from imiconnect.rtm.intake.limits import RateLimit
from imiconnect.rtm.intake.nudger import Nudger
from imiconnect.rtm.intake.orders import Order
from imiconnect.rtm.intake.pool import new_pool

log = logging.getLogger(__name__)

MESSAGING = "/resources/v1/messaging"
_STATUS = re.compile(r"/resources/v1/messaging/status/([^/]+)/?")
_DEVICE = re.compile(r"/rtmsAPI/api/v[34]/([^/]+)/(mo|deliveryupdate)/?")
#: Seconds between the beginnings of two batches of orders that are small.
_EVERY = 0.006
_INTERNAL = "The gateway cannot take requests right now. Try again in a few seconds."


def serves(method: str, path: str) -> bool:
    """Tell whether a request belongs here; the method is judged by the route itself."""
    if path.startswith("/resources/v1/messaging"):
        return path.rstrip("/") == MESSAGING or bool(_STATUS.fullmatch(path))
    return path.startswith("/rtmsAPI/") and bool(_DEVICE.fullmatch(path))


class Intake:
    """The state of one server process: connections, batches on their way, buckets."""

    def __init__(self) -> None:
        """Make everything; ``open`` connects."""
        self._pool = new_pool()
        self._orders: Gatherer[Order, Answer | Refusal] = Gatherer(
            self._accept, weight=lambda order: len(order.destinations), every=_EVERY
        )
        self._said: Gatherer[devices.Said, Answer | RtmsRefusal] = Gatherer(self._write)
        self._users: Gatherer[sealed.Asked, sealed.Found | None] = Gatherer(self._find)
        self._limit = RateLimit()
        self._nudger = Nudger()
        self.origins = Origins(self._pool)

    async def open(self) -> None:
        """Connect in the background: a database that is away now may be there later."""
        await self._pool.open(wait=False)
        self._nudger.start()

    async def close(self) -> None:
        """Give the connections back."""
        await self._nudger.stop()
        await self._pool.close()

    async def _accept(self, batch: list[Order]) -> list[Answer | Refusal]:
        async with self._pool.connection() as connection:
            results = await accept(connection, batch)
        for queue in {queue for order in batch for queue in order.queues}:
            self._nudger.nudge(queue)
        return results

    async def _write(self, batch: list[devices.Said]) -> list[Answer | RtmsRefusal]:
        async with self._pool.connection() as connection:
            results = await devices.write(connection, batch)
        for queue in {"dr" if item.kind else "mo" for item in batch}:
            self._nudger.nudge(queue)
        return results

    async def _find(self, batch: list[sealed.Asked]) -> list[sealed.Found | None]:
        async with self._pool.connection() as connection:
            return await sealed.find(connection, batch)

    async def _opened(self, request: Request, app_id: str) -> Request:
        asked = sealed.asked(request, app_id)
        if wait := self._limit.wait_for(asked.token_digest):
            raise RtmsRefusal(devices.INVALID, _too_many(wait), 429)
        return sealed.opened_request(request, app_id, await self._users.submit(asked))

    async def messaging(self, request: Request) -> Answer:
        """``POST /resources/v1/messaging``."""
        digest = self._authentication(request, key_missing())
        order = orders.parse(request.body, now=timezone.now())
        order.key_digest, order.source = digest, request.source
        order.idempotency_key = idempotency.checked(request.header(b"idempotency-key"))
        result = await self._orders.submit(order)
        return result.answer if isinstance(result, Refusal) else result

    async def status(self, request: Request, transid: str) -> Answer:
        """``GET /resources/v1/messaging/status/<transid>``."""
        digest = self._authentication(request, key_missing())
        async with self._pool.connection() as connection:
            return await status.status(connection, digest, request.source, transid)

    async def device(self, request: Request, app_id: str, action: str) -> Answer:
        """``POST /rtmsAPI/api/v3/{appId}/mo`` and ``.../deliveryupdate``."""
        was_sealed = sealed.is_sealed(request)
        if was_sealed:
            request = await self._opened(request, app_id)
        said = devices.parse(request, app_id, action, was_sealed=was_sealed)
        wait = self._limit.wait_for(f"{said.app_id}/{said.readings[0][0]}")
        if wait:
            return _too_fast(wait, rtms(429, code="4", description=_too_many(wait)))
        result = await self._said.submit(said)
        return result.answer if isinstance(result, RtmsRefusal) else result

    def _authentication(self, request: Request, otherwise: Refusal) -> str:
        key = request.header(b"key")
        if not key:
            raise otherwise
        digest = hashlib.sha256(key.encode("latin-1")).hexdigest()
        wait = self._limit.wait_for(digest)
        if wait:
            raise TooFast(wait)
        return digest


class TooFast(Exception):
    """The key has made more requests than it may."""

    def __init__(self, seconds: int) -> None:
        """Say how long to wait."""
        super().__init__(seconds)
        self.seconds = seconds


_intakes: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Intake]" = (
    weakref.WeakKeyDictionary()
)


async def intake_of_this_loop() -> Intake:
    """Return the state of the running server, made with its first request at the latest."""
    loop = asyncio.get_running_loop()
    intake = _intakes.get(loop)
    if intake is None:
        intake = _intakes[loop] = Intake()
        await intake.open()
    return intake


@asynccontextmanager
async def lifespan() -> AsyncIterator[Intake]:
    """Hold the state of a server while it lives."""
    intake = await intake_of_this_loop()
    try:
        yield intake
    finally:
        _intakes.pop(asyncio.get_running_loop(), None)
        await intake.close()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request; whatever is wrong with it, the answer is a code and a sentence."""
    is_device = scope["path"].startswith("/rtmsAPI/")
    try:
        request = await read(scope, receive)
    except Gone:
        return
    except TooLong:
        refusal = Refusal(INVALID_JSON + 4, "The body is longer than 512 KiB.", 413)
        await respond(send, _in_shape(refusal, is_device=is_device))
        return
    intake = await intake_of_this_loop()
    try:
        answer = await (_device if is_device else _service)(intake, request)
    except (Refusal, RtmsRefusal) as refusal:
        answer = refusal.answer
    except TooFast as fast:
        too_many = Refusal(INVALID_JSON + 4, _too_many(fast.seconds), 429)
        answer = _too_fast(fast.seconds, too_many.answer)
    except (psycopg.Error, PoolTimeout) as error:
        log.error("A request could not be written: %s", error)
        answer = _in_shape(Refusal(INTERNAL, _INTERNAL), is_device=is_device)
    if is_device:
        answer = await intake.origins.opened(answer, request)
    await respond(send, answer)


async def _service(intake: Intake, request: Request) -> Answer:
    found = _STATUS.fullmatch(request.path)
    if found:
        _check_method(request, "GET")
        return await intake.status(request, found[1])
    _check_method(request, "POST")
    _check_type(request)
    return await intake.messaging(request)


async def _device(intake: Intake, request: Request) -> Answer:
    found = _DEVICE.fullmatch(request.path)
    if request.method == "OPTIONS":
        return Answer(204)
    if request.method != "POST" or found is None:
        allow = ((b"allow", b"POST, OPTIONS"),)
        body = rtms(405, code="4", description="The method is not allowed here; use POST.")
        return Answer(405, body.body, allow)
    try:
        _check_type(request)
    except Refusal as refusal:
        raise RtmsRefusal(devices.INVALID, refusal.sentence, refusal.status) from None
    return await intake.device(request, found[1], found[2])


def _check_method(request: Request, method: str) -> None:
    if request.method != method:
        sentence = f"The method is not allowed here; use {method}."
        raise Refusal(INVALID_JSON + 4, sentence, 405)


def _check_type(request: Request) -> None:
    kind = request.header(b"content-type").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise Refusal(INVALID_JSON, "The body is not JSON: send application/json.", 415)


def _in_shape(refusal: Refusal, *, is_device: bool) -> Answer:
    if not is_device:
        return refusal.answer
    code = "1" if refusal.code == INTERNAL else str(devices.INVALID)
    return rtms(refusal.status, code=code, description=refusal.sentence)


def _too_many(seconds: int) -> str:
    return f"Too many requests. Try again in {seconds} s."


def _too_fast(seconds: int, answer: Answer) -> Answer:
    return Answer(429, answer.body, ((b"retry-after", str(seconds).encode()),))
