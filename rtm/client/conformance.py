"""Does a server keep the protocol that clients are written against? For authors of clients.

``python -m imiconnect.rtm.client.conformance URL APP_ID CLIENT_KEY [SERVICE_KEY]`` registers
devices of its own, walks through ``docs/rtm-protocol.md``, prints a line for each rule, and
ends with 1 when one does not hold. With the key of a live service that uses the app, it also
sends messages and follows their receipts.
"""

import asyncio
import json
import secrets
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from aiomqtt import Client as Mqtt
from aiomqtt import MqttCodeError, MqttError
from paho.mqtt.reasoncodes import ReasonCode

from imiconnect.rtm.client.client import Client
from imiconnect.rtm.client.errors import SdkError
from imiconnect.rtm.client.registration import Access, Session
from imiconnect.rtm.client.starting import startup
from imiconnect.rtm.client.transports import Transport

_SECONDS = 20.0
_REFUSED_FILTER = 0x80


class Broken(AssertionError):
    """A rule does not hold; the text says what was seen instead."""


def check(holds: object, seen: object) -> None:
    """Raise ``Broken`` unless a rule holds."""
    if not holds:
        raise Broken(str(seen))


class Server:
    """The server that is looked at, and what the rules need of it."""

    def __init__(self, url: str, app_id: str, client_key: str, service_key: str = "") -> None:
        """Take the addresses and keys."""
        self.url, self.app_id = url.rstrip("/"), app_id
        self.client_key, self.service_key = client_key, service_key

    @asynccontextmanager
    async def device(self, *, transport: Transport = "websocket", user_id: str = "") -> Any:
        """A device of a user, which confirms nothing by itself; unregistered afterwards.

        The user is a new one unless named.
        """
        client = startup(
            self.app_id,
            self.client_key,
            domain=self.url,
            transport=transport,
            automatic_receipts=False,
        )
        async with client:
            await client.register(
                user_id=user_id or f"user-{secrets.token_hex(4)}",
                device_id=f"check-{secrets.token_hex(4)}",
            )
            try:
                yield client
            finally:
                await client.unregister()

    async def rtms(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        """Call the RTMS API with headers of one's own."""
        async with httpx.AsyncClient(timeout=_SECONDS) as web:
            url = f"{self.url}/rtmsAPI/api/v3/{self.app_id}/{path}"
            return await web.post(url, json=body, headers=headers)

    async def messaging(self, method: str, path: str, body: Any = None) -> Any:
        """Call the messaging API."""
        async with httpx.AsyncClient(timeout=_SECONDS) as web:
            url = f"{self.url}/resources/v1/messaging{path}"
            answer = await web.request(
                method, url, json=body, headers={"key": self.service_key}
            )
            check(answer.is_success, f"HTTP {answer.status_code}: {answer.text}")
            return answer.json()

    async def send(self, user_id: str) -> str:
        """Send a message and return its transid."""
        answer = await self.messaging(
            "POST",
            "",
            {
                "deliverychannel": "rt",
                "appid": self.app_id,
                "destination": [{"userid": [user_id]}],
                "channels": {"rt": {"message": {"text": "Hello"}}},
            },
        )
        return str(answer["response"][0]["transid"])

    async def becomes(self, transid: str, status: str) -> None:
        """Wait until the only message of a request has a status."""
        seen = ""
        for _ in range(int(_SECONDS / 0.2)):
            answer = await self.messaging("GET", f"/status/{transid}")
            seen = json.dumps(answer)
            if f'"status": "{status}"' in seen:
                return
            await asyncio.sleep(0.2)
        raise Broken(f"not {status}: {seen}")


def session_of(client: Client) -> Session:
    """Return the registration of a client that has one."""
    check(client.session, "no registration")
    assert client.session is not None  # noqa: S101 - for the type checker
    return client.session


def plain_id(session: Session, server: Server) -> str:
    """Return the client id by which calls name a device."""
    return f"{server.app_id}/{session.user_id}/{session.device_id}"


def raw(client: Client, transport: Transport = "websocket", **changes: Any) -> Mqtt:
    """Return a bare MQTT client of a device; ``changes`` replace what it says of itself."""
    access: Access = client._registration.accesses(transport)[0]
    said = {
        "identifier": access.client_id,
        "username": access.username,
        "password": access.password,
    }
    return Mqtt(
        access.host,
        access.port,
        transport="tcp" if access.websocket_path is None else "websockets",
        websocket_path=access.websocket_path,
        clean_session=True,
        timeout=_SECONDS,
        **(said | changes),
    )


async def registering_names_topics_and_broker(server: Server) -> None:
    """Registering answers tokens, names and the address of the broker."""
    async with server.device() as client:
        session = session_of(client)
        check(session.access_token and session.refresh_token, session)
        check(session.downlink == f"{server.app_id}/{session.user_id}", session.downlink)
        check(session.uplink.startswith("up/"), session.uplink)
        check(session.broker["url"].startswith("ws"), session.broker)


async def a_wrong_key_is_refused(server: Server) -> None:
    """Registering with a wrong secretKey is refused with 401 and code 11 or 26."""
    answer = await server.rtms("register", {"deviceId": "d", "userId": "u"}, secretKey="wrong")
    check(answer.status_code == httpx.codes.UNAUTHORIZED, answer.text)
    check(answer.json()["code"] in ("11", "26"), answer.text)


async def ids_with_wildcards_are_refused(server: Server) -> None:
    """User ids with / + # * > are refused with code 4."""
    for name in ("a/b", "+", "#", "*", "a>"):
        answer = await server.rtms(
            "register", {"deviceId": "d", "userId": name}, secretKey=server.client_key
        )
        check(answer.json()["code"] == "4", f"{name}: {answer.text}")


async def a_refresh_token_works_once(server: Server) -> None:
    """A refresh token gives new tokens, once; the old access token ends."""
    async with server.device() as client:
        old = session_of(client)
        body, key = {"refreshToken": old.refresh_token}, {"secretKey": server.client_key}
        answer = await server.rtms("token", body, **key)
        check(answer.is_success and answer.json()["accessToken"] != old.access_token, "tokens")
        again = await server.rtms("token", body, **key)
        check(again.status_code == httpx.codes.UNAUTHORIZED, again.text)
        await client.register(user_id=old.user_id, device_id=old.device_id)


async def a_wrong_password_is_refused(server: Server) -> None:
    """CONNECT with a wrong password is refused with 4 or 5."""
    async with server.device() as client:
        try:
            async with raw(client, password="wrong"):  # noqa: S106 - a wrong one
                raise Broken("it was accepted")
        except MqttCodeError as error:
            code = error.rc.value if isinstance(error.rc, ReasonCode) else error.rc
            check(code in (4, 5, 0x86, 0x87), f"code {code}")


async def only_own_topics_may_be_read(server: Server) -> None:
    """Subscribing to anything but the own topics gets 0x80."""
    async with server.device() as client, raw(client) as mqtt:
        for name in ("#", "+/+", f"{server.app_id}/somebody-else", "$SYS/#", "up/#"):
            (granted,) = await mqtt.subscribe(name, 1)
            code = granted.value if isinstance(granted, ReasonCode) else granted
            check(code >= _REFUSED_FILTER, f"{name} was granted")
        (granted,) = await mqtt.subscribe(session_of(client).downlink, 1)
        code = granted.value if isinstance(granted, ReasonCode) else granted
        check(code < _REFUSED_FILTER, "the own topic was refused")


async def a_newer_connection_takes_over(server: Server) -> None:
    """A newer connection of a client id ends the older one."""
    async with server.device() as client:
        try:
            async with raw(client) as older, raw(client), asyncio.timeout(_SECONDS):
                async for _ in older.messages:
                    pass
        except MqttError:
            return
        except TimeoutError:
            raise Broken("the older connection stays") from None


async def a_message_is_stored_once(server: Server) -> None:
    """A message that is said again with the same clientRef has the same tid."""
    async with server.device() as client:
        session = session_of(client)
        body = {
            "clientId": plain_id(session, server),
            "message": "Hi",
            "clientRef": secrets.token_hex(8),
        }
        keys = {"secretKey": server.client_key, "accessToken": session.access_token}
        answers = [(await server.rtms("mo", body, **keys)).json() for _ in range(2)]
        check(answers[0]["tid"] == answers[1]["tid"], answers)


async def a_token_is_needed(server: Server) -> None:
    """A call of a device without a right accessToken is refused with 401."""
    async with server.device() as client:
        session = session_of(client)
        body = {"clientId": plain_id(session, server)}
        answer = await server.rtms(
            "deliveryupdate",
            body | {"status": 2, "tid": "01900000-0000-7000-8000-000000000000"},
            secretKey=server.client_key,
            accessToken="wrong",
        )
        check(answer.status_code == httpx.codes.UNAUTHORIZED, answer.text)


async def threads_are_kept(server: Server) -> None:
    """A thread can be made, listed, changed and read."""
    async with server.device() as client:
        thread = await client.threads.create(title="Check")
        await client.threads.update(thread["id"], status="Closed")
        listed, total = await client.threads.list()
        check(total == 1 and listed[0]["status"] == "Closed", listed)


async def unregistering_ends_the_connection(server: Server) -> None:
    """Unregistering ends the connection and the tokens."""
    async with server.device() as client:
        session = session_of(client)
        async with asyncio.timeout(_SECONDS):
            try:
                async with raw(client) as mqtt:
                    body = {
                        "clientId": f"{server.app_id}/{session.user_id}/{session.device_id}"
                    }
                    keys = {"secretKey": server.client_key, "accessToken": session.access_token}
                    await server.rtms("unregister", body, **keys)
                    async for _ in mqtt.messages:
                        pass
            except MqttError:
                pass
        await client.register(user_id=session.user_id, device_id=session.device_id)


async def _a_message_goes_round(server: Server, transport: Transport) -> None:
    async with server.device(transport=transport) as client:
        come: asyncio.Queue[Any] = asyncio.Queue()
        client.on("message", come.put_nowait)
        await client.connect()
        transid = await server.send(session_of(client).user_id)
        message = await asyncio.wait_for(come.get(), _SECONDS)
        check(message.text == "Hello" and message.thread, message)
        await client.mark_delivered(message.tid)
        await server.becomes(transid, "delivered")
        await client.mark_read(message.tid)
        await server.becomes(transid, "read")


async def a_message_goes_round_over_websocket(server: Server) -> None:
    """Over WebSocket: a message arrives; its receipts make it delivered and read."""
    await _a_message_goes_round(server, "websocket")


async def a_message_goes_round_over_tcp(server: Server) -> None:
    """Over TCP, where it is offered: the same."""
    async with server.device() as client:
        if not {"mqtt", "mqtts"} & session_of(client).broker.keys():
            return
    await _a_message_goes_round(server, "tcp")


async def what_is_missed_comes_on_return(server: Server) -> None:
    """A message that was sent while no device was connected comes when one connects."""
    async with server.device() as client:
        come: asyncio.Queue[Any] = asyncio.Queue()
        client.on("message", come.put_nowait)
        await server.send(session_of(client).user_id)
        await asyncio.sleep(1)
        await client.connect()
        check(await asyncio.wait_for(come.get(), _SECONDS), "nothing has come")


async def what_another_device_has_confirmed_comes_too(server: Server) -> None:
    """A message that one device of a user has confirmed comes to another one that returns."""
    async with server.device() as phone:
        user_id = session_of(phone).user_id
        async with server.device(user_id=user_id) as tablet:
            come: dict[Client, asyncio.Queue[Any]] = {}
            for client in (phone, tablet):
                come[client] = asyncio.Queue()
                client.on("message", come[client].put_nowait)
            try:
                await phone.connect()
            except SdkError as error:
                check(error.reason == "replaced", "two devices of a user are refused")
                return
            transid = await server.send(user_id)
            message = await asyncio.wait_for(come[phone].get(), _SECONDS)
            await phone.mark_delivered(message.tid)
            await server.becomes(transid, "delivered")
            await tablet.connect()
            again = await asyncio.wait_for(come[tablet].get(), _SECONDS)
            check(again.tid == message.tid, "another message has come")


Rule = Callable[[Server], Awaitable[None]]
RULES: tuple[Rule, ...] = (
    registering_names_topics_and_broker,
    a_wrong_key_is_refused,
    ids_with_wildcards_are_refused,
    a_refresh_token_works_once,
    a_wrong_password_is_refused,
    only_own_topics_may_be_read,
    a_newer_connection_takes_over,
    a_message_is_stored_once,
    a_token_is_needed,
    threads_are_kept,
    unregistering_ends_the_connection,
)
WITH_SERVICE: tuple[Rule, ...] = (
    a_message_goes_round_over_websocket,
    a_message_goes_round_over_tcp,
    what_is_missed_comes_on_return,
    what_another_device_has_confirmed_comes_too,
)


async def run(server: Server, say: Callable[[str], object]) -> int:
    """Look at every rule; return how many do not hold."""
    broken = 0
    for rule in RULES + (WITH_SERVICE if server.service_key else ()):
        sentence = (rule.__doc__ or rule.__name__).strip()
        try:
            async with asyncio.timeout(4 * _SECONDS):
                await rule(server)
        except (Broken, SdkError, MqttError, httpx.HTTPError, TimeoutError, KeyError) as error:
            broken += 1
            say(f"BROKEN  {sentence}\n        {type(error).__name__}: {error}\n")
        else:
            say(f"ok      {sentence}\n")
    return broken


def main() -> int:
    """Look at the server of the command line."""
    if len(sys.argv) not in (4, 5):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return min(1, asyncio.run(run(Server(*sys.argv[1:]), sys.stdout.write)))


if __name__ == "__main__":
    sys.exit(main())
