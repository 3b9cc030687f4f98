"""A device of a Mobile/Web app: what a program calls."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeVar

from imiconnect.rtm.client.authentication import UserAuthentication
from imiconnect.rtm.client.connection import Connection, State, StateChange, Told
from imiconnect.rtm.client.emitter import Emitter
from imiconnect.rtm.client.errors import ENDINGS, ErrorCode, SdkError, conflict, demand
from imiconnect.rtm.client.files import Files
from imiconnect.rtm.client.interactive import Answers
from imiconnect.rtm.client.messages import (
    MESSAGE,
    REGISTRATION_ENDED,
    Message,
    in_receipts,
    message_from,
    new_ref,
    parse_message,
)
from imiconnect.rtm.client.outbox import Item, Outbox, Result
from imiconnect.rtm.client.profile import Profile
from imiconnect.rtm.client.registration import Registration, Session
from imiconnect.rtm.client.rest import NO_KEY, Rest, is_curable
from imiconnect.rtm.client.sealing import Unreadable, seal, unseal
from imiconnect.rtm.client.seen import Seen
from imiconnect.rtm.client.storage import MemoryStore, Store
from imiconnect.rtm.client.threads import Threads
from imiconnect.rtm.client.topics import Topics
from imiconnect.rtm.client.transports import Transport

Answer = TypeVar("Answer")
Event = Literal["message", "event", "connection", "sent", "failed", "policy", "error"]
_DELIVERED, _READ, _CLICKED = 2, 3, 4
#: Seconds within which the payload key is not asked for again.
_KEY_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a device behaves."""

    #: As the app's policy says, or one of its transports alone.
    transport: Transport = "policy"
    #: Say "delivered" for each message that comes.
    automatic_receipts: bool = True
    store: Store = field(default_factory=MemoryStore)


class Client:
    """One device.

    Events for ``on``: ``message`` and ``event`` (a ``Message``), ``connection`` (a
    ``StateChange``), ``sent`` and ``failed`` (``Item`` and ``Result``), ``policy`` (a dict),
    ``error`` (an ``SdkError``: what came cannot be decrypted).
    Listeners run in the event loop, one after the other; one that is a coroutine function
    becomes a task.
    """

    def __init__(self, app_id: str, rest: Rest, options: Options) -> None:
        """Take up a registration that the store has; ``startup`` is the way to make one."""
        self._app_id, self._rest, self._options = app_id, rest, options
        self._registration = Registration(app_id, rest, options.store)
        self._connection = Connection(
            lambda: self._registration.accesses(options.transport),
            Told(self._connection_became, self._arrived, self._renew_once),
        )
        self._outbox = Outbox(options.store, self._say, self._said)
        shared = (app_id, self._registration, self._called)
        self.threads, self.topics = Threads(*shared), Topics(*shared)
        self.files, self.profile = Files(*shared, self._upload), Profile(*shared)
        self.answers = Answers(self.publish)
        self.authentication = UserAuthentication(app_id, self._registration, rest)
        self._emitter = Emitter()
        self._seen: Seen | None = None
        self._has_renewed, self._key_asked_at = False, float("-inf")
        self._key_lock = asyncio.Lock()
        self._remember()

    async def __aenter__(self) -> Self:
        """Use it in ``async with``."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect; the registration stays."""
        await self.close()

    @property
    def session(self) -> Session | None:
        """The registration, or None before ``register``."""
        return self._registration.session

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._connection.state

    @property
    def waiting(self) -> int:
        """How many messages and receipts wait to be sent."""
        return len(self._outbox)

    def on(self, event: Event, listener: Callable[..., Any]) -> Callable[[], None]:
        """Call the listener for an event; the returned function stops that."""
        return self._emitter.add_listener(event, listener)

    async def register(
        self,
        *,
        user_id: str = "",
        device_id: str | None = None,
        customer_id: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> Session:
        """Register as a device of a user; another user than before ends the connection."""
        before = self.session
        if before and user_id and user_id != before.user_id:
            await self.disconnect()
            self._outbox.clear()
        session = await self._registration.register(
            user_id=user_id, device_id=device_id, customer_id=customer_id, attributes=attributes
        )
        self._remember()
        return session

    async def connect(self) -> None:
        """Connect and stay connected; what is pending for this device comes at once."""
        self._registration.need()
        if self.state == State.CONNECTED:
            raise SdkError(ErrorCode.ALREADY_CONNECTED, "Connected already.")
        # Tells what cannot work before the first try rather than at each one.
        self._registration.accesses(self._options.transport)
        await self._connection.open()

    async def disconnect(self) -> None:
        """Close the connection; ``connect`` opens it again."""
        await self._connection.close()

    async def unregister(self) -> None:
        """Disconnect, and have the platform and the store forget this device."""
        await self.disconnect()
        await self._registration.unregister()
        self._outbox.clear()
        if self._seen:
            self._seen.clear()

    async def set_user_id(self, user_id: str) -> Session:
        """Give this device to another user, as when a guest signs in; the registration stays.

        What waited to be sent was the former user's and is dropped. A device that was connected
        connects again by itself.
        """
        demand(user_id, "Give the user ID.")
        return await self._rename(user_id)

    async def remove_user_id(self) -> Session:
        """Give this device to a new guest."""
        return await self._rename("")

    async def _rename(self, user_id: str) -> Session:
        self._registration.need()
        was_open = self.state not in (State.CLOSED, State.REFUSED)
        await self.disconnect()
        try:
            session = await self._curing(lambda: self._registration.rename(user_id))
            self._outbox.clear()
            return session
        finally:
            if was_open and self.session:
                # Not waited for: without a network it takes as long as that is away.
                self._emitter.beside(self._connection.open())

    async def close(self) -> None:
        """Disconnect and free everything; the registration and what waits stay in the store."""
        await self.disconnect()
        await self._outbox.close()
        await self._emitter.end_tasks()
        await self._rest.close()

    async def publish(
        self,
        *,
        text: str = "",
        thread_id: str = "",
        attachments: Sequence[Any] = (),
        extras: dict[str, Any] | None = None,
        **more: Any,
    ) -> Message:
        """Send a message (MO); ``more`` are ``topic``, ``relatedTid`` and ``interactiveData``.

        Nobody replies to an announcement (6003). Offline it waits and is sent later; until
        then its ``tid`` is empty, and the event ``sent`` tells it for the message's ``ref``.
        """
        session = self._registration.need()
        self.threads.check_reply(thread_id)
        demand(text or attachments or more.get("interactiveData"), "Give a text.")
        ref = new_ref()
        body = {
            "clientId": self._registration.wire_client_id,
            "channel": "rt",
            "message": text,
            "media": list(attachments),
            "extras": extras or {},
            "outgoing": True,
            # The gateway stores a message once, however often a lost answer has it said again.
            "clientRef": ref,
            **more,
        }
        if thread_id:
            body["thread"] = {"id": thread_id}
        result = await self._outbox.add(Item(ref, "mo", body))
        answer = (result.answer if result else None) or {}
        who = {"userId": session.user_id, "deviceId": session.device_id}
        told = {name: answer[name] for name in ("tid", "created_on") if name in answer}
        return message_from(body | who | told, ref)

    async def mark_delivered(self, *tids: str) -> None:
        """Say that messages have come; receipts that are automatic say it already."""
        await self._receipt(_DELIVERED, {"tids": list(tids)})

    async def mark_read(self, *tids: str) -> None:
        """Say that messages have been read."""
        await self._receipt(_READ, {"tids": list(tids)})

    async def mark_clicked(self, tid: str, data: dict[str, Any] | None = None) -> None:
        """Say what was clicked in a message."""
        await self._receipt(_CLICKED, {"tids": [tid], "interactiveData": data or {}})

    async def flush(self) -> None:
        """Send what waits now."""
        await self._outbox.flush()

    async def _receipt(self, status: int, what: dict[str, Any]) -> None:
        tids = what["tids"]
        demand(tids, "Give at least one tid.")
        client_id = self._registration.wire_client_id
        body = {"status": status, "channel": "rt", "clientId": client_id, **what}
        for part in in_receipts(tids):
            await self._outbox.add(Item(new_ref(), "deliveryupdate", body | {"tids": part}))

    async def _say(self, item: Item) -> dict[str, Any] | None:
        """Send one item.

        Receipts go by MQTT, which costs the least, and by REST when the broker does not
        answer; saying one twice changes nothing. A message goes by REST, whose answer has its
        tid and means that it is stored, and by MQTT when REST does not answer.
        """
        first, second = self._by_mqtt, self._by_rest
        if item.kind == "mo":
            first, second = second, first
        try:
            return await first(item)
        except SdkError as error:
            is_offline = self.state != State.CONNECTED
            if item.kind == "mo" and (is_offline or not error.temporary):
                raise
            return await second(item)

    async def _by_mqtt(self, item: Item) -> dict[str, Any] | None:
        session, body = self._registration.need(), {"op": item.kind, **item.body}
        key = session.payload_key
        await self._connection.publish(
            session.uplink, seal(key, body) if key else json.dumps(body)
        )
        return None

    async def _by_rest(self, item: Item) -> dict[str, Any] | None:
        return await self._called(
            "POST",
            f"/{self._app_id}/{item.kind}",
            body=item.body,
            failure=ErrorCode.PUBLISH_FAILED,
        )

    def _said(self, item: Item, result: Result) -> None:
        self._emitter.emit("failed" if result.error else "sent", item, result)

    async def _called(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        return await self._curing(lambda: self._rest.call(method, path, **options))

    async def _upload(self, *what: Any) -> dict[str, Any]:
        return await self._curing(lambda: self._rest.upload(*what))

    async def _curing(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Call the API; where it says that the token has ended, renew it and call again."""
        try:
            return await call()
        except SdkError as error:
            if not is_curable(error):
                await self._note_ending(error)
                raise
            await self._renew()
            return await call()

    async def _renew(self) -> None:
        try:
            await self._registration.renew()
        except SdkError as error:
            await self._note_ending(error)
            raise

    async def _note_ending(self, error: SdkError) -> None:
        """Close where another registration has ended this one; it does not come back itself."""
        if error.reason in ENDINGS:
            self._registration.forget()
            await self._connection.refuse(error)

    async def _renew_once(self) -> bool:
        if self._has_renewed:
            return False
        self._has_renewed = True
        try:
            await self._registration.renew()
        except SdkError as error:
            if error.reason in ENDINGS or error.reason == "jwt":
                raise
            if error.temporary:
                # Nobody has refused to renew yet.
                self._has_renewed = False
            return error.temporary
        return True

    def _connection_became(self, change: StateChange) -> None:
        if change.state == State.CONNECTED:
            self._has_renewed = False
            self._outbox.flush_soon()
        self._emitter.emit("connection", change)

    def _arrived(self, topic: str, payload: bytes) -> None:
        if topic.startswith(f"{self._app_id}/Updates/"):
            self._emitter.beside(self._policy_changed())
        elif payload.startswith(b"{"):
            # Plain, also from an app that encrypts, in the moment in which that changes.
            self._heard(payload)
        else:
            self._open(payload)

    def _open(self, payload: bytes) -> None:
        try:
            self._heard(self._plain(payload))
        except Unreadable:
            self._emitter.beside(self._open_with_fresh_key(payload))

    async def _open_with_fresh_key(self, payload: bytes) -> None:
        """Ask for the key in force, for all payloads of a minute once, and try again."""
        async with self._key_lock:
            now = asyncio.get_running_loop().time()
            if now - self._key_asked_at > _KEY_PAUSE:
                self._key_asked_at = now
                await self._renew()
        try:
            self._heard(self._plain(payload))
        except Unreadable:
            code = ErrorCode.INVALID_RESPONSE
            self._emitter.emit("error", SdkError(code, NO_KEY, reason="encryption"))

    def _plain(self, payload: bytes) -> bytes:
        return json.dumps(unseal(self._registration.need().payload_key, payload)).encode()

    def _heard(self, payload: bytes) -> None:
        if message := parse_message(payload):
            self._take(message)

    def _take(self, message: Message) -> None:
        session = self._registration.need()
        is_event = message.type != MESSAGE
        is_own = message.device_id == session.device_id
        if message.type == REGISTRATION_ENDED:
            if is_own:
                error = conflict(message.text, str(message.raw.get("reason") or ""))
                self._emitter.beside(self._note_ending(error))
            return
        if is_own if is_event else message.device_id and not (is_own or message.outgoing):
            # An echo of what this device has told, or a message for another device.
            return
        self.threads.note(message.thread)
        is_new = self._seen is None or self._seen.add(
            tid=message.tid, kind=message.type, device_id=message.device_id
        )
        # The first receipt may be what got lost, so a repeated message is confirmed again.
        if not is_event and self._options.automatic_receipts and not message.outgoing:
            self._emitter.beside(self.mark_delivered(message.tid))
        if is_new:
            self._emitter.emit("event" if is_event else "message", message)

    async def _policy_changed(self) -> None:
        try:
            policy = await self._registration.read_policy()
        except SdkError as error:
            await self._note_ending(error)
            raise
        self._key_asked_at = float("-inf")
        self._emitter.emit("policy", policy)

    def _remember(self) -> None:
        if self.session:
            self._seen = Seen(self._options.store, self.session.device_id)
