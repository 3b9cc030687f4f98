"""Messages to and from Apple's double, over its gateway, and what becomes of its errors."""

import gzip
import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.apps import health, hooks
from imiconnect.apps.channel_types.apple_business_chat import inbound, tokens
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming, OptOut
from imiconnect.apps.models import App, AppHealth, HookEvent
from imiconnect.sandbox.apple_business_chat import telling
from imiconnect.sandbox.apple_business_chat.twin import CSP_ID, CSP_SECRET
from imiconnect.sandbox.apple_business_chat.world import store

Send = Callable[..., Any]
Taken = list[tuple[str, Event]]
MESSAGE = "/hooks/apple_business_chat/message"
PLAY = "/tools/sandbox/apple_business_chat/"


def received() -> list[dict[str, Any]]:
    """Return the bodies that reached phones."""
    return [data["body"] for _key, data in store.all("message", out=False)]


def events(taken: Taken) -> list[Event]:
    """Work the stored calls through; return what came of them."""
    hooks.work_through()
    return [event for _app, event in taken]


def test_the_vector_of_the_documentation_is_signed_alike() -> None:
    key = b"test-secret-key-for-amb-32-bytes"
    claims = {"iss": "msp-id-1", "iat": 1700000000}
    token = jwt.encode(claims, key, algorithm="HS256", headers={"typ": None})
    assert token == (
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJtc3AtaWQtMSIsImlhdCI6MTcwMDAwMDAwMH0."
        "XjtWYQOvBTriS_kdluzbCNp_3oZRkCn6r3JFThwdgDA"
    )


def test_a_text_reaches_the_phone_under_our_own_id(send: Send) -> None:
    sent = send(message="Hällo")
    (body,) = received()
    assert (body["body"], body["id"]) == ("Hällo", sent.provider_id)


def test_quick_replies_are_buttons_and_come_back_with_their_payload(
    send: Send, signed_in: Client, phone: str, taken: Taken
) -> None:
    options = [{"title": "Yes", "payload": "Y"}, {"title": "No", "payload": ""}]
    send(message="Happy?", quickReplies={"options": options})
    (body,) = received()
    page = signed_in.get(PLAY).text
    assert "Happy?" in page
    signed_in.post(
        PLAY, {"act": "press", "customer": phone, "message": body["id"], "item": "Y"}
    )
    (event,) = events(taken)
    assert isinstance(event, Incoming)
    assert (event.text, event.payload, event.address) == ("Yes", "Y", phone)
    assert re.search(r"from-customer[^/]*Customer</span>\s*Yes", signed_in.get(PLAY).text)


@pytest.mark.parametrize("count", [1, 6])
def test_other_numbers_of_replies_are_a_list_to_pick_from(
    send: Send, signed_in: Client, phone: str, taken: Taken, count: int
) -> None:
    options = [{"title": f"Size {n}", "payload": f"S{n}"} for n in range(count)]
    send(message="Which?", quickReplies={"options": options})
    (body,) = received()
    signed_in.post(
        PLAY, {"act": "press", "customer": phone, "message": body["id"], "item": "S0"}
    )
    (event,) = events(taken)
    assert isinstance(event, Incoming)
    assert (event.text, event.payload) == ("Size 0", "S0")


def test_a_page_and_a_bare_address_are_rich_links(send: Send) -> None:
    url = "https://northwind.example/film"
    send(message="Look", media=[{"contentType": "link", "file": url}])
    send(message=" https://northwind.example/offer ")
    film, page = (body["richLinkData"] for body in received())
    assert (film["url"], film["title"]) == (url, "Look")
    assert (page["url"], page["title"]) == (
        "https://northwind.example/offer",
        "northwind.example",
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"template": {"name": "x"}},
        {"media": [{"id": "7"}]},
        {"message": "?", "quickReplies": {"options": [{"title": ""}]}},
        {"message": "?", "quickReplies": {"options": [{"title": "A"}, {"title": "A"}]}},
    ],
)
def test_what_apple_cannot_show_is_not_sent(send: Send, payload: dict[str, Any]) -> None:
    with pytest.raises(ChannelError) as found:
        send(**payload)
    assert found.value.outcome.name == "content"
    assert not received()


@pytest.mark.parametrize(
    ("switch", "name"),
    [
        ("expired_token", "credentials"),
        ("rate_limit", "throttled"),
        ("down", "provider_failed"),
    ],
)
def test_an_error_of_apple_has_its_name(send: Send, switch: str, name: str) -> None:
    store.set_switches({switch})
    with pytest.raises(ChannelError) as found:
        send(message="hi")
    assert found.value.outcome.name == name
    assert found.value.after == (7.0 if switch == "rate_limit" else None)


def test_a_customer_who_never_wrote_is_not_reached(send: Send) -> None:
    with pytest.raises(ChannelError) as found:
        send(to="urn:mbid:stranger", message="hi")
    assert found.value.outcome.name == "unknown_recipient"


def test_a_closed_conversation_opts_out_until_the_customer_writes_again(
    send: Send, signed_in: Client, phone: str, taken: Taken
) -> None:
    signed_in.post(PLAY, {"act": "close", "customer": phone})
    (closed,) = events(taken)
    assert isinstance(closed, OptOut)
    assert closed.address == phone
    with pytest.raises(ChannelError):
        send(message="Wait!")
    signed_in.post(PLAY, {"act": "say", "customer": phone, "text": "Back again"})
    send(message="Welcome")
    assert received()[-1]["body"] == "Welcome"


def test_a_packed_text_is_taken_once(linked: App, phone: str, taken: Taken) -> None:
    told = {
        "v": 1,
        "id": str(uuid.uuid4()),
        "type": "text",
        "sourceId": phone,
        "destinationId": linked.account,
        "body": "Hi \ufffc",
        "attachments": [{"name": "a.png", "mimeType": "image/png"}],
        "intent": "order",
        "group": "uk",
    }
    assert telling.post(told) == 200
    (event,) = events(taken)
    assert isinstance(event, Incoming)
    assert (event.text, event.provider_id) == ("Hi", told["id"])
    assert event.attachments[0].content_type == "image/png"
    assert event.extras == {"intent": "order", "group": "uk"}
    assert telling.post(told) == 200
    assert events(taken)[-1].provider_id == event.provider_id


@pytest.mark.parametrize("kind", ["typing_start", "typing_end", "something new"])
def test_other_types_are_answered_and_are_no_event(
    linked: App, phone: str, taken: Taken, kind: str
) -> None:
    assert telling.tell(phone, kind) == 200
    assert not events(taken)


def bearer(**claims: Any) -> str:
    """Return an ``Authorization`` as Apple's, with claims changed."""
    from base64 import b64decode

    found = {"aud": CSP_ID, "iat": int(time.time())} | claims
    found = {name: value for name, value in found.items() if value is not None}
    return "Bearer " + jwt.encode(found, b64decode(CSP_SECRET), algorithm="HS256")


def body_to(business: str) -> bytes:
    """Return a small message to a business."""
    told = {"v": 1, "id": "1", "type": "text", "sourceId": "c", "destinationId": business}
    return json.dumps(told | {"body": "hi"}).encode()


def test_a_call_is_answered_as_apple_documents(client: Client, linked: App) -> None:
    whole, stranger = body_to(linked.account), body_to(str(uuid.uuid4()))
    json_type = "application/json"

    def post(body: bytes, authorization: str | None) -> int:
        headers = {"authorization": authorization} if authorization else {}
        return client.post(MESSAGE, body, content_type=json_type, headers=headers).status_code

    assert post(whole, None) == 401
    assert post(whole, bearer(aud="another platform")) == 403
    assert post(whole, bearer(aud=None)) == 403
    assert post(whole, bearer(iat=None)) == 403
    assert post(whole, bearer(iat=int(time.time()) - 900)) == 403
    assert post(whole, bearer(iat=int(time.time()) + 900)) == 403
    assert post(whole, bearer() + "x") == 403
    assert post(b"{}", bearer()) == 400
    assert post(gzip.compress(whole)[:-9], bearer()) == 400
    assert post(stranger, bearer()) == 404
    assert not HookEvent.objects.exists()
    assert post(whole, bearer(aud=["x", CSP_ID])) == 200
    assert HookEvent.objects.count() == 1


def test_an_unsigned_token_is_refused() -> None:
    token = jwt.encode({"aud": "me", "iat": int(time.time())}, None, algorithm="none")
    assert not tokens.is_from_apple(f"Bearer {token}", "me", b"k" * 32)


def test_a_small_parcel_does_not_grow_without_end() -> None:
    with pytest.raises(ValueError, match="too large"):
        inbound.message_in(gzip.compress(b" " * 20_000_000))


@given(st.binary(max_size=200), st.booleans())
def test_noise_is_a_value_error_or_no_message(body: bytes, packed: bool) -> None:
    with pytest.raises(ValueError):
        inbound.message_in(gzip.compress(body) if packed else body)


def test_the_check_asks_apple_whether_the_business_is_ours(linked: App, twin: Any) -> None:
    found = health.check_now(app=linked)
    assert found is not None
    assert found.state == AppHealth.State.HEALTHY
    twin.change("business", linked.account, csp=False)
    found = health.check_now(app=linked)
    assert found is not None
    assert found.state == AppHealth.State.BROKEN


def test_the_manage_page_shows_the_business(linked: App, signed_in: Client) -> None:
    assert linked.account in signed_in.get(f"/apps/{linked.pk}/").text
