"""Messenger behind the one interface of handlers."""

import datetime as dt
import hmac
from typing import Any

from imiconnect.apps.channel_types.errors import (
    CONTENT,
    CREDENTIALS,
    PERMISSION,
    ChannelError,
)
from imiconnect.apps.channel_types.events import Event
from imiconnect.apps.channel_types.facebook import inbound, outbound
from imiconnect.apps.channel_types.facebook.client import PERMISSIONS, GraphClient
from imiconnect.apps.channel_types.facebook.config import PageConfig, PageSecrets
from imiconnect.apps.channel_types.facebook.provider import facebook
from imiconnect.apps.channel_types.files import Takes
from imiconnect.apps.channel_types.handler import (
    Account,
    Checked,
    Ending,
    Handler,
    HookAnswer,
    HookRequest,
    OutMessage,
    Sent,
)
from imiconnect.apps.channel_types.http import shared_client

Page = Account[PageConfig, PageSecrets]
#: What the token of a page must be allowed.
SCOPES = ("pages_messaging", "pages_manage_metadata")


def graph() -> GraphClient:
    """Return the client of the operator's Meta app."""
    found = facebook()
    return GraphClient(
        f"{found.graph_url}/{found.version}",
        found.app_id,
        found.app_secret,
        http=shared_client(),
    )


class FacebookHandler(Handler[PageConfig, PageSecrets]):
    """Events of all pages come to one webhook, signed with the Meta app's secret."""

    config_class, secrets_class = PageConfig, PageSecrets
    tells_profiles = True
    takes = Takes(outbound.FILE_SIZES)

    def greet(self, account: Page | None, request: HookRequest) -> HookAnswer | None:
        """Echo the challenge when mode and token are right; as text, never as HTML."""
        token, wanted = request.query.get("hub.verify_token", ""), facebook().verify_token
        is_ours = bool(wanted) and hmac.compare_digest(token.encode(), wanted.encode())
        if request.query.get("hub.mode") != "subscribe" or not is_ours:
            return None
        return HookAnswer(request.query.get("hub.challenge", "").encode())

    def verify(self, account: Page | None, request: HookRequest) -> bool:
        """Check the signature on the raw bytes."""
        return inbound.is_signed(facebook().app_secret, request.body, request.headers)

    def parse(self, account: Page | None, request: HookRequest) -> list[Event]:
        """Return what Meta tells."""
        return inbound.events_in(request.body)

    def window_of(self, payload: Any) -> dt.timedelta | None:
        """Return the window in which this content may be sent."""
        return outbound.window_of(payload)

    def problem_of(self, payload: Any) -> Any:
        """Return why Messenger would not take this content."""
        return outbound.problem_of(payload)

    def send(self, account: Page, message: OutMessage) -> Sent:
        """Send one message of the page."""
        if problem := outbound.problem_of(message.payload):
            raise ChannelError(CONTENT, str(problem))
        body = outbound.body_of(message.address, message.address_type, message.payload)
        asked_at = dt.datetime.now(dt.UTC)
        mid = graph().send(account.config.page_id, account.secrets.page_token, body)
        detail = {"message_id": mid, "messaging_type": body["messaging_type"]}
        # Of what is sent to a ticked checkbox Meta tells nothing more (facts/facebook.md, 4).
        is_final = outbound.is_reference(message.address, message.address_type)
        return Sent(mid, detail, is_final=is_final, asked_at=asked_at)

    def profile_of(self, account: Page, address: str) -> dict[str, Any]:
        """Ask who has written to the page: names, picture, and what the page may know besides.

        Locale, gender and time zone are asked for where the page's token has the permission;
        one that was taken back since costs those alone.
        """
        token = account.secrets.page_token
        more = [name for name, scope in PERMISSIONS.items() if scope in account.granted]
        try:
            return dict(graph().person(address, token, *more))
        except ChannelError as error:
            if not more or error.outcome not in (PERMISSION, CONTENT):
                raise
        return dict(graph().person(address, token))

    def activate(self, account: Page) -> None:
        """Subscribe the page to the Meta app's webhook."""
        graph().subscribe(account.config.page_id, account.secrets.page_token)

    def deactivate(self, account: Page) -> None:
        """Unsubscribe it."""
        graph().unsubscribe(account.config.page_id, account.secrets.page_token)

    def check(self, account: Page) -> Checked:
        """Ask whether the page's token is good and may do what it must."""
        found = graph().about_token(account.secrets.page_token)
        if not found.get("is_valid"):
            words = found.get("error", {}).get("message", "")
            raise ChannelError(CREDENTIALS, str(words))
        missing = [scope for scope in SCOPES if scope not in found.get("scopes", [])]
        if missing:
            raise ChannelError(PERMISSION, ", ".join(missing))
        ends = [found.get("expires_at") or 0, found.get("data_access_expires_at") or 0]
        first = min((int(end) for end in ends if end), default=0)
        granted = tuple(str(scope) for scope in found.get("scopes", []))
        if not first:
            return Checked(granted=granted)
        ending = Ending("page_token", dt.datetime.fromtimestamp(first, dt.UTC))
        return Checked((ending,), granted)
