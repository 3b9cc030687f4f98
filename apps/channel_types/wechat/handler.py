"""WeChat behind the interface of all channels."""

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

from imiconnect.apps.channel_types.errors import CONTENT, FILE_AWAY, ChannelError
from imiconnect.apps.channel_types.events import Event
from imiconnect.apps.channel_types.files import Takes
from imiconnect.apps.channel_types.handler import (
    Account,
    Checked,
    Handler,
    HookAnswer,
    HookRequest,
    OutMessage,
    Sent,
)
from imiconnect.apps.channel_types.wechat import crypto, outbound
from imiconnect.apps.channel_types.wechat import media as uploads
from imiconnect.apps.channel_types.wechat.client import NO_SUCH_MEDIA, Answered, WeChatClient
from imiconnect.apps.channel_types.wechat.config import Config, Mode, Secrets
from imiconnect.apps.channel_types.wechat.inbound import events_of, fields_of
from imiconnect.apps.channel_types.wechat.provider import wechat
from imiconnect.apps.channel_types.wechat.type import WINDOW_SECONDS
from imiconnect.console.words import Words

WeChatAccount = Account[Config, Secrets]
WINDOW = dt.timedelta(seconds=WINDOW_SECONDS)
#: Seconds that a signed call stays good; WeChat itself repeats one for 15.
MAX_AGE = 300


class WeChatHandler(Handler[Config, Secrets]):
    """One official account; its webhook is its own."""

    config_class, secrets_class = Config, Secrets
    fetches = True
    takes = Takes({kind: most for kind, (_, most, _ending) in uploads.TAKEN.items()})

    def greet(self, account: WeChatAccount | None, request: HookRequest) -> HookAnswer | None:
        """Answer the check of the server settings with its ``echostr``."""
        if account is None or not _is_signed(account, request.query):
            return None
        return HookAnswer(request.query.get("echostr", "").encode())

    def verify(self, account: WeChatAccount | None, request: HookRequest) -> bool:
        """Check the signature: of the cipher text where there is one, for it covers it."""
        if account is None:
            return False
        query = request.query
        if not _is_encrypted(query):
            return account.config.mode != Mode.SAFE and _is_signed(account, query)
        try:
            encrypted = fields_of(request.body).get("Encrypt", "")
        except ValueError:
            return False
        given = query.get("msg_signature", "")
        parts = (account.secrets.token, query.get("timestamp", ""), query.get("nonce", ""))
        return _is_recent(query) and crypto.is_signed(given, *parts, encrypted)

    def nonce_of(self, request: HookRequest) -> str:
        """Return the nonce of a plain push: its signature says nothing of the message."""
        query = request.query
        if _is_encrypted(query):
            return ""
        return f"{query.get('timestamp', '')}.{query.get('nonce', '')}"

    def parse(self, account: WeChatAccount | None, request: HookRequest) -> list[Event]:
        """Return what the push says, deciphered where it is encrypted."""
        push = fields_of(request.body)
        if account is not None and _is_encrypted(request.query):
            key, appid = account.secrets.aes_key, account.config.appid
            push = fields_of(crypto.decrypt(key, push.get("Encrypt", ""), appid))
        try:
            return events_of(push)
        except KeyError as error:
            raise ValueError(f"a push without {error}") from None

    def answer(self, account: WeChatAccount | None, request: HookRequest) -> HookAnswer:
        """Say that nothing follows: replies go out as messages of their own."""
        return HookAnswer(b"success")

    def send(self, account: WeChatAccount, message: OutMessage) -> Sent:
        """Send a customer-service message; WeChat names none and confirms none."""
        if problem := outbound.problem_of(message.payload):
            raise ChannelError(CONTENT, str(problem))
        client, appid = _client(account), account.config.appid
        until = time.monotonic() + uploads.PATIENCE
        item = outbound.file_of(message.payload)
        upload = uploads.upload(client, appid, item, until=until) if item else None
        film, thumbnail = outbound.film_of(message.payload, upload), ""
        if film is not None:
            thumbnail = uploads.thumbnail(client, appid, film, until=until)
        body = outbound.message_of(message.address, message.payload, upload, thumbnail)
        try:
            client.send(body)
        except Answered as error:
            given = [upload, (uploads.THUMBNAIL, thumbnail) if thumbnail else None]
            ours = [pair for pair in given if pair]
            if not ours or error.errcode != NO_SUCH_MEDIA:
                raise
            for pair in ours:
                uploads.forget(appid, pair)
            # A film that the account has uploaded itself will not come back by waiting.
            outcome = FILE_AWAY if upload else CONTENT
            raise ChannelError(outcome, error.detail) from None
        return Sent(detail={"msgtype": body["msgtype"]})

    def fetch(self, account: WeChatAccount, at_provider: Mapping[str, str]) -> bytes:
        """Return a picture, voice or film that a customer has sent."""
        return _client(account).download(at_provider["id"], most=uploads.LARGEST)

    def problem_of(self, payload: Mapping[str, Any]) -> Words:
        """Return why WeChat would not take the content."""
        return outbound.problem_of(payload)

    def window_of(self, payload: Mapping[str, Any]) -> dt.timedelta | None:
        """Return the 48 hours; there is no content that may come later."""
        return WINDOW

    def check(self, account: WeChatAccount) -> Checked:
        """Ask for a token: App ID, App Secret and the list of allowed addresses count."""
        _client(account).token(fresh=True)
        return Checked()


def _client(account: WeChatAccount) -> WeChatClient:
    return WeChatClient(wechat().base_url, account.config.appid, account.secrets.appsecret)


def _is_encrypted(query: Mapping[str, str]) -> bool:
    return query.get("encrypt_type") == "aes"


def _is_signed(account: WeChatAccount, query: Mapping[str, str]) -> bool:
    parts = (account.secrets.token, query.get("timestamp", ""), query.get("nonce", ""))
    return _is_recent(query) and crypto.is_signed(query.get("signature", ""), *parts)


def _is_recent(query: Mapping[str, str]) -> bool:
    stamp = query.get("timestamp", "")
    return stamp.isdigit() and abs(time.time() - int(stamp)) <= MAX_AGE
