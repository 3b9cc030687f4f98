"""The MQTT connection of a device: kept open, and made again when it is lost."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any, NamedTuple

from aiomqtt import Client, MqttCodeError, MqttError
from paho.mqtt.reasoncodes import ReasonCode

from imiconnect.rtm.client.backoff import delay_after
from imiconnect.rtm.client.errors import ErrorCode, SdkError
from imiconnect.rtm.client.registration import Access

KEEP_ALIVE_SECONDS = 30
_PUBLISH_SECONDS = 5.0
_CONNECT_SECONDS = 10.0
#: Refusals that waiting does not cure: user name or password, not authorised. paho tells
#: those of MQTT 3.1.1 (4, 5) in the codes of MQTT 5.
_REFUSALS = frozenset({4, 5, 0x86, 0x87})
_REFUSED_FILTER = 0x80
_REFUSED = "The platform refused the connection. Check the App ID and the client key."


class State(StrEnum):
    """Where the connection stands; ``WAITING`` is for the next try."""

    CLOSED = "closed"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    REFUSED = "refused"


class StateChange(NamedTuple):
    """What the event ``connection`` tells."""

    state: State
    #: Seconds until the next try, while waiting.
    retry_in: float | None = None
    error: Exception | None = None


class Told(NamedTuple):
    """Whom the connection calls.

    ``refused`` answers whether another try has sense, as after a renewed token; it may raise
    the ``SdkError`` that says why there is none.
    """

    state: Callable[[StateChange], None]
    message: Callable[[str, bytes], None]
    refused: Callable[[], Awaitable[bool]]


class Connection:
    """One connection; it asks for its accesses before every try: a token may be renewed.

    They are tried in their order, without a pause between them; then there is a pause.
    """

    def __init__(self, accesses: Callable[[], list[Access]], told: Told) -> None:
        """Stay closed until ``open``."""
        self._accesses, self._told = accesses, told
        self.state = State.CLOSED
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []

    async def open(self) -> None:
        """Return once connected and subscribed; waits out a lost network.

        Raises ``SdkError`` when the platform refuses, or the connection is closed meanwhile.
        """
        opened = asyncio.get_running_loop().create_future()
        self._waiting.append(opened)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._stay())
        await opened

    async def close(self) -> None:
        """Close for good; ``open`` begins anew."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._settle(SdkError(ErrorCode.CONNECTION_FAILED, "The connection was closed."))
        if self.state != State.CLOSED:
            self._become(State.CLOSED)

    async def refuse(self, error: SdkError) -> None:
        """Close for good, because the platform does not want this device any more."""
        if self.state == State.REFUSED:
            return
        await self.close()
        self._become(State.REFUSED, error=error)

    async def publish(self, topic: str, payload: str) -> None:
        """Publish with QoS 1; returns once the broker has it, else raises ``SdkError``."""
        client = self._client
        if client is None or self.state != State.CONNECTED:
            sentence = "Not connected. Call connect first."
            raise SdkError(ErrorCode.NOT_CONNECTED, sentence)
        try:
            await client.publish(topic, payload, qos=1, timeout=_PUBLISH_SECONDS)
        except MqttError as cause:
            sentence = "The broker did not take it."
            raise SdkError(ErrorCode.PUBLISH_FAILED, sentence) from cause

    async def _stay(self) -> None:
        failures = turn = 0
        while True:
            was_connected, ways, error = await self._once(turn)
            if _is_refusal(error) and (refusal := await self._refusal(error)):
                self._become(State.REFUSED, error=refusal)
                self._settle(refusal)
                return
            turn = 0 if was_connected or _is_refusal(error) else (turn + 1) % ways
            if turn:
                continue
            failures = 1 if was_connected else failures + 1
            pause = delay_after(failures)
            self._become(State.WAITING, pause, error)
            await asyncio.sleep(pause)

    async def _refusal(self, cause: Exception) -> SdkError | None:
        """Return why the platform does not want this device; None to try again."""
        try:
            if await self._told.refused():
                return None
            refusal = SdkError(ErrorCode.CONNECTION_FAILED, _REFUSED)
        except SdkError as error:
            refusal = error
        refusal.__cause__ = cause
        return refusal

    async def _once(self, turn: int) -> tuple[bool, int, Exception]:
        """Connect and stay until it is lost.

        Returns whether it was there, how many ways there are, and what ended it.
        """
        self._become(State.CONNECTING)
        is_there, ways = False, 1
        try:
            accesses = self._accesses()
            ways = len(accesses)
            access = accesses[turn % ways]
            async with _client(access) as client:
                await _subscribe(client, access)
                self._client, is_there = client, True
                self._become(State.CONNECTED)
                self._settle(None)
                async for message in client.messages:
                    self._told.message(str(message.topic), _bytes(message.payload))
        except (MqttError, SdkError, OSError) as error:
            return is_there, ways, error
        finally:
            self._client = None
        return is_there, ways, ConnectionError("The broker has ended the connection.")

    def _settle(self, error: SdkError | None) -> None:
        waiting, self._waiting = self._waiting, []
        for opened in waiting:
            if opened.done():
                continue
            if error is None:
                opened.set_result(None)
            else:
                opened.set_exception(error)

    def _become(
        self, state: State, retry_in: float | None = None, error: Exception | None = None
    ) -> None:
        self.state = state
        self._told.state(StateChange(state, retry_in, error))


def _client(access: Access) -> Client:
    return Client(
        access.host,
        access.port,
        identifier=access.client_id,
        username=access.username,
        password=access.password,
        # Without QoS 1 there is nothing that the broker could keep.
        clean_session=access.qos == 0,
        transport="tcp" if access.websocket_path is None else "websockets",
        websocket_path=access.websocket_path,
        keepalive=KEEP_ALIVE_SECONDS,
        timeout=_CONNECT_SECONDS,
        tls_context=ssl.create_default_context() if access.secure else None,
    )


async def _subscribe(client: Client, access: Access) -> None:
    granted = await client.subscribe([(topic, access.qos) for topic in access.topics])
    if _value(granted[0]) >= _REFUSED_FILTER:
        raise SdkError(ErrorCode.SUBSCRIBE_FAILED, f"{access.topics[0]} may not be read.")


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, MqttCodeError) and _value(error.rc) in _REFUSALS


def _value(code: int | ReasonCode | None) -> int:
    return code.value if isinstance(code, ReasonCode) else code or 0


def _bytes(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else str(payload).encode()
