"""Who this device is: its registration, and the access that follows from it."""

import platform
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any

from imiconnect.rtm.client.errors import ENDINGS, ErrorCode, SdkError, demand
from imiconnect.rtm.client.messages import new_ref
from imiconnect.rtm.client.rest import Rest
from imiconnect.rtm.client.storage import Store
from imiconnect.rtm.client.transports import Transport, addresses

_SESSION, _DEVICE_ID = "session", "deviceId"
_NO_WAY = "The platform offers none of the transports that are asked for."


@dataclass(frozen=True, slots=True)
class Session:
    """What registration answered, kept over a restart."""

    user_id: str
    device_id: str
    client_id: str
    username: str
    downlink: str
    uplink: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    broker: dict[str, str] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    #: In base64, where the app encrypts payloads; the id is compared with the policy's.
    payload_key: str = field(default="", repr=False)
    payload_key_id: str = ""


_NEEDED = {each.name for each in fields(Session) if each.default_factory is MISSING} - {
    each.name for each in fields(Session) if each.default is not MISSING
}


@dataclass(frozen=True, slots=True)
class Access:
    """How to connect to the broker now."""

    host: str
    port: int
    #: None for MQTT over TCP.
    websocket_path: str | None
    secure: bool
    client_id: str
    username: str
    password: str = field(repr=False)
    topics: tuple[str, ...] = ()
    qos: int = 1


class Registration:
    """The registration of one app on this device."""

    def __init__(self, app_id: str, rest: Rest, store: Store) -> None:
        """Take up a registration that was kept."""
        self._app_id, self._rest, self._store = app_id, rest, store
        #: What right PINs of users are worth, until they have registered.
        self._proofs: dict[str, str] = {}
        self.session: Session | None = None
        kept = store.read(_SESSION, None)
        # A session of an older version of this client may lack something.
        known = {each.name for each in fields(Session)}
        if isinstance(kept, dict) and _NEEDED <= kept.keys() <= known:
            self._take(Session(**kept))

    def need(self) -> Session:
        """Return the session, or raise error 6002."""
        if self.session is None:
            sentence = "Not registered. Call register first."
            raise SdkError(ErrorCode.NOT_REGISTERED, sentence)
        return self.session

    @property
    def wire_client_id(self) -> str:
        """The plain client id that REST calls name the device by."""
        session = self.need()
        return f"{self._app_id}/{session.user_id}/{session.device_id}"

    async def register(
        self,
        *,
        user_id: str = "",
        device_id: str | None = None,
        customer_id: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> Session:
        """Register; without a user id the platform makes one, the device id is kept."""
        demand(device_id != "", "Give the device_id, or leave it out.")
        self._rest.access_token = ""
        body = {
            "userId": user_id,
            "deviceId": device_id or self._own_device_id(),
            "channel": "rt",
            "channelType": system(),
            "data": {"update": {"os": system(), **(attributes or {})}},
            **self._proof(user_id),
        }
        if customer_id:
            body["customerId"] = customer_id
        answer = await self._rest.call(
            "POST",
            f"/{self._app_id}/register",
            body=body,
            failure=ErrorCode.REGISTRATION_FAILED,
            plain=True,
        )
        try:
            session = _session_of(answer, str(body["deviceId"]))
        except KeyError as missing:
            sentence = f"The answer to register has no {missing.args[0]}."
            raise SdkError(ErrorCode.INVALID_RESPONSE, sentence) from missing
        self._proofs.pop(user_id, None)
        self._keep(session)
        return session

    def keep_proof(self, user_id: str, token: str) -> None:
        """Send what a right PIN is worth with the next registration of the user."""
        self._proofs[user_id] = token

    def device_id_or(self, device_id: str | None) -> str:
        """Return the device id as ``register`` would: the given one, or this device's own."""
        demand(device_id != "", "Give the device_id, or leave it out.")
        return device_id or (self.session and self.session.device_id) or self._own_device_id()

    def _proof(self, user_id: str) -> dict[str, str]:
        token = self._proofs.get(user_id)
        return {"pinToken": token} if token else {}

    async def rename(self, user_id: str) -> Session:
        """Give the device to another user, or, without an id, to a new guest."""
        session, body = self.need(), {"clientId": self.wire_client_id}
        what = "setUserId" if user_id else "removeUserId"
        if user_id:
            body |= {"userId": user_id, **self._proof(user_id)}
        answer = await self._rest.call("POST", f"/{self._app_id}/{what}", body=body)
        renamed = replace(
            session,
            user_id=answer["userId"],
            client_id=answer["clientId"],
            username=answer["username"],
            downlink=answer["downlinkTopic"],
            uplink=answer["uplinkTopic"],
            payload_key=answer.get("encryptionKey", ""),
            payload_key_id=answer.get("encryptionKeyId", ""),
        )
        self._proofs.pop(user_id, None)
        self._keep(renamed)
        return renamed

    async def renew(self) -> Session:
        """Get new tokens, and the payload key in force, for ended ones.

        Where the refresh token has ended, register again; not where another registration has
        ended this one, which only the app's user may undo: then the session is forgotten and
        error 6006 says why.
        """
        session = self.need()
        try:
            answer = await self._rest.call(
                "POST",
                f"/{self._app_id}/token",
                body={"refreshToken": session.refresh_token},
                plain=True,
            )
        except SdkError as error:
            if error.reason in ENDINGS:
                self.forget()
            if error.temporary or error.reason in ENDINGS or error.reason == "jwt":
                raise
            return await self.register(user_id=session.user_id, device_id=session.device_id)
        tokens = {
            "access_token": answer.get("accessToken", ""),
            "refresh_token": answer.get("refreshToken", ""),
            "payload_key": answer.get("encryptionKey", ""),
            "payload_key_id": answer.get("encryptionKeyId", ""),
        }
        self._keep(Session(**asdict(session) | tokens))
        return self.need()

    async def read_policy(self) -> dict[str, Any]:
        """Read the policy again, which may change at any time; fetch another payload key."""
        path = f"/{self._app_id}/verifyPolicy"
        answer = await self._rest.call("GET", path, query={"os": system()})
        session = self.need()
        news = {
            "policy": answer.get("policy", session.policy),
            "broker": answer.get("broker", session.broker),
        }
        self._keep(Session(**asdict(session) | news))
        wanted = self.need().policy.get("encryptionKeyId", "")
        if wanted != session.payload_key_id:
            await self.renew()
        return self.need().policy

    async def unregister(self) -> None:
        """Tell the platform to forget this device."""
        body = {"clientId": self.wire_client_id, "channel": "rt", "channelType": system()}
        await self._rest.call("POST", f"/{self._app_id}/unregister", body=body)
        self.forget()

    def forget(self) -> None:
        """Forget the registration here; the device id stays."""
        self._store.remove(_SESSION)
        self._take(None)

    def accesses(self, transport: Transport) -> list[Access]:
        """Return how to connect now, best first; raises ``SdkError`` where there is no way."""
        session = self.need()
        found = addresses(session.broker, session.policy, transport)
        if not found:
            raise SdkError(ErrorCode.NOT_SUPPORTED, _NO_WAY)
        return [
            Access(
                host=address.host,
                port=address.port,
                websocket_path=address.path,
                secure=address.secure,
                client_id=session.client_id,
                username=session.username,
                password=session.access_token,
                topics=(session.downlink, f"{self._app_id}/Updates/{system()}"),
                qos=int(session.broker.get("qos", 1)),
            )
            for address in found
        ]

    def _keep(self, session: Session) -> None:
        self._take(session)
        self._store.write(_SESSION, asdict(session))

    def _take(self, session: Session | None) -> None:
        self.session = session
        self._rest.access_token = session.access_token if session else ""
        self._rest.payload_key = session.payload_key if session else ""

    def _own_device_id(self) -> str:
        kept = self._store.read(_DEVICE_ID, "")
        if not kept:
            kept = f"py_{new_ref()}"
            self._store.write(_DEVICE_ID, kept)
        return str(kept)


def system() -> str:
    """Return the ``os`` under which this device hears of a changed policy."""
    known = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}
    return known.get(platform.system(), "web")


def _session_of(answer: dict[str, Any], device_id: str) -> Session:
    return Session(
        user_id=answer["userId"],
        device_id=answer.get("deviceId") or device_id,
        client_id=answer["clientId"],
        username=answer["username"],
        downlink=answer["downlinkTopic"],
        uplink=answer["uplinkTopic"],
        access_token=answer["accessToken"],
        refresh_token=answer.get("refreshToken", ""),
        broker=answer["broker"],
        policy=answer.get("policy", {}),
        payload_key=answer.get("encryptionKey", ""),
        payload_key_id=answer.get("encryptionKeyId", ""),
    )
