"""Twitter behind the interface of all channels."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.errors import CONTENT, CREDENTIALS, ChannelError
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
from imiconnect.apps.channel_types.http import shared_client
from imiconnect.apps.channel_types.twitter import inbound, outbound
from imiconnect.apps.channel_types.twitter import media as uploads
from imiconnect.apps.channel_types.twitter.client import TwitterClient
from imiconnect.apps.channel_types.twitter.config import TwitterConfig, TwitterSecrets
from imiconnect.apps.channel_types.twitter.provider import twitter

#: Bytes of a customer's file that are fetched; the platform itself keeps no larger ones.
MOST_FROM_CUSTOMER = 16 * 2**20

User = Account[TwitterConfig, TwitterSecrets]


def client(token: str = "", secret: str = "") -> TwitterClient:
    """Return the client of the operator's app, for an account where a token is given."""
    found = twitter()
    return TwitterClient(
        found.base_url,
        found.consumer_key,
        found.consumer_secret,
        token,
        secret,
        http=shared_client(),
    )


def client_of(account: User) -> TwitterClient:
    """Return the client of one account."""
    return client(account.secrets.access_token, account.secrets.access_secret)


class TwitterHandler(Handler[TwitterConfig, TwitterSecrets]):
    """Events of all accounts come to one webhook, signed with the app's secret."""

    config_class, secrets_class = TwitterConfig, TwitterSecrets
    fetches = True
    takes = Takes(
        {kind: most for kind, (_, most) in uploads.CATEGORIES.items()}, beside_text=True
    )

    def greet(self, account: User | None, request: HookRequest) -> HookAnswer | None:
        """Answer the challenge-response check."""
        challenge = request.query.get("crc_token", "")
        if not challenge or not twitter().consumer_secret:
            return None
        answer = {
            "response_token": inbound.proof(twitter().consumer_secret, challenge.encode())
        }
        return HookAnswer(json.dumps(answer).encode(), "application/json")

    def verify(self, account: User | None, request: HookRequest) -> bool:
        """Check the signature on the raw bytes."""
        return inbound.is_signed(twitter().consumer_secret, request.body, request.headers)

    def parse(self, account: User | None, request: HookRequest) -> list[Event]:
        """Return what X tells."""
        return inbound.events_in(request.body)

    def problem_of(self, payload: Any) -> Any:
        """Return why X would not take this content."""
        return outbound.problem_of(payload)

    def send(self, account: User, message: OutMessage) -> Sent:
        """Send a direct message."""
        payload = message.payload
        if problem := outbound.problem_of(payload):
            raise ChannelError(CONTENT, str(problem))
        text, media = outbound.text_of(payload), outbound.media_of(payload)
        if url := outbound.file_of(payload):
            file = http.file_at(url, most=uploads.LARGEST)
            media = uploads.upload(client_of(account), file)
        replies = outbound.replies_of(payload)
        asked_at = dt.datetime.now(dt.UTC)
        if replies:
            data: dict[str, Any] = {"text": text, "quick_reply": outbound.options_of(replies)}
            if media:
                data["attachment"] = {"type": "media", "media": {"id": media}}
            event = client_of(account).send_with_replies(message.address, data)
        else:
            body: dict[str, Any] = {"text": text} if text else {}
            if media:
                body["attachments"] = [{"media_id": media}]
            event = client_of(account).send(message.address, body)
        return Sent(event, {"dm_event_id": event}, asked_at=asked_at)

    def fetch(self, account: User, at_provider: Mapping[str, str]) -> bytes:
        """Return a file that a customer has sent."""
        return client_of(account).download(at_provider["id"], most=MOST_FROM_CUSTOMER)

    def activate(self, account: User) -> None:
        """Register the webhook where it is not yet, and subscribe the account."""
        own = client_of(account)
        own.subscribe(own.webhook(account.shared_hook_url))

    def deactivate(self, account: User) -> None:
        """Unsubscribe the account, and take our welcome screen from it."""
        own = client_of(account)
        own.unsubscribe(own.webhook(account.shared_hook_url), account.config.user_id)
        if account.config.welcome:
            own.drop_welcome()

    def check(self, account: User) -> Checked:
        """Ask whose token it is; tokens of X do not end by themselves."""
        if str(client_of(account).me().get("id", "")) != account.config.user_id:
            raise ChannelError(CREDENTIALS, "the token is of another account")
        return Checked()
