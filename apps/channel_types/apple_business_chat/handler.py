"""Apple Business Chat behind the one interface of handlers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.apple_business_chat import (
    inbound,
    outbound,
    provider,
    sealing,
)
from imiconnect.apps.channel_types.apple_business_chat.client import AppleClient, Kept
from imiconnect.apps.channel_types.apple_business_chat.config import BusinessConfig, NoSecrets
from imiconnect.apps.channel_types.apple_business_chat.tokens import is_from_apple
from imiconnect.apps.channel_types.errors import (
    CONTENT,
    PERMISSION,
    UNKNOWN_RECIPIENT,
    ChannelError,
)
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.channel_types.files import Takes
from imiconnect.apps.channel_types.handler import (
    Account,
    Checked,
    Handler,
    HookRequest,
    OutMessage,
    Sent,
)
from imiconnect.console.words import Words

Business = Account[BusinessConfig, NoSecrets]
#: Bytes of a file: Apple takes 100 MB, which sixteen calls at once would not fit in memory.
MOST_BYTES = 25 * 1024 * 1024


class AppleHandler(Handler[BusinessConfig, NoSecrets]):
    """All businesses are told of at one address, and the operator's key signs for all."""

    config_class, secrets_class = BusinessConfig, NoSecrets
    fetches = True
    takes = Takes({"*/*": MOST_BYTES}, beside_text=True)
    headers = (inbound.CAPABILITIES,)

    def verify(self, account: Business | None, request: HookRequest) -> bool:
        """Check the token of the call; it covers who calls whom and when, not the body."""
        given = request.headers.get("authorization", "")
        return is_from_apple(given, provider.apple().csp_id, provider.secret_key())

    def parse(self, account: Business | None, request: HookRequest) -> list[Event]:
        """Return what a customer wrote or did."""
        return inbound.events_in(request.body, request.headers.get(inbound.CAPABILITIES, ""))

    def problem_of(self, payload: Mapping[str, Any]) -> Words:
        """Return why Apple would not take the content."""
        return outbound.problem_of(payload)

    def send(self, account: Business, message: OutMessage) -> Sent:
        """Send one message; Apple knows it by the platform's own id of it."""
        if problem := outbound.problem_of(message.payload):
            raise ChannelError(CONTENT, str(problem))
        business, client = account.config.business_id, _client()
        payload = _shown(message)
        item = outbound.file_of(payload)
        attachment = _uploaded(client, business, item) if item else None
        body = outbound.body_of(message.tid, business, message.address, payload, attachment)
        if data := outbound.too_large(body):
            encoded = client.encode(business, data)
            key, kept = _kept(client, business, encoded)
            body = outbound.by_reference(body, len(encoded), key=key, **asdict(kept))
        client.send(body)
        return Sent(str(message.tid), {"type": body["type"]})

    def fetch(self, account: Business, at_provider: Mapping[str, str]) -> bytes:
        """Return a file that a customer has sent, deciphered; or interactive data, as JSON."""
        kept = Kept(at_provider["id"], at_provider["owner"], at_provider["checksum"])
        client, business = _client(), account.config.business_id
        sealed = client.download(business, kept, most=MOST_BYTES)
        try:
            found = sealing.open_sealed(at_provider["key"], sealed)
            bid = at_provider.get("bid", "")
            return client.decode(business, bid, inbound.unpacked(found)) if bid else found
        except ValueError as error:
            raise ChannelError(CONTENT, str(error)) from None

    def completed(self, event: Incoming, content: str) -> Incoming:
        """Return an interactive answer with what it has said in Apple's store."""
        return inbound.completed(event, content)

    def check(self, account: Business) -> Checked:
        """Ask Apple whether this platform may act for the business."""
        try:
            _client().check(account.config.business_id)
        except ChannelError as error:
            if error.outcome is UNKNOWN_RECIPIENT:
                raise ChannelError(PERMISSION, error.detail) from None
            raise
        return Checked()


def _shown(message: OutMessage) -> Mapping[str, Any]:
    """Return content that the customer's device can show; raises ``ChannelError``."""
    needed, known = outbound.capability_of(message.payload), message.capabilities
    if known is None or not needed or needed in known:
        return message.payload
    if words := outbound.in_words(message.payload):
        return {"message": words}
    raise ChannelError(CONTENT, "The customer's device shows no forms.")


def _uploaded(client: AppleClient, business: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Fetch a customer's file, encrypt it, and hand it to Apple's store."""
    found = http.file_at(str(item["file"]), most=MOST_BYTES)
    key, kept = _kept(client, business, found.data)
    told = str(item.get("contentType", ""))
    kind = told if "/" in told else found.content_type or "application/octet-stream"
    size = len(found.data)
    return outbound.attachment_of(item, kind, size, key=key, **asdict(kept))


def _kept(client: AppleClient, business: str, plain: bytes) -> tuple[str, Kept]:
    """Encrypt and hand to Apple's store; return the key, and where it is."""
    key, sealed = sealing.seal(plain)
    return key, client.upload(business, sealed)


def _client() -> AppleClient:
    found = provider.apple()
    if not provider.is_configured():
        raise ChannelError(
            PERMISSION,
            "The operator has not set the CSP id and its secret on this platform.",
        )
    return AppleClient(
        found.base_url, found.csp_id, provider.secret_key(), http=http.shared_client()
    )
