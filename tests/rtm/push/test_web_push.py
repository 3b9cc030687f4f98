"""Web push: published vectors, our own double, and a foreign one that decrypts."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import http_ece
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from py_vapid import Vapid02

from imiconnect import ROOT
from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.clients.outcomes import Problem, PushError
from imiconnect.apps.push.clients.web import (
    MAX_TEXT,
    Keys,
    Subscription,
    WebPushClient,
    encrypted,
    read_subscription,
)
from imiconnect.outbound import Outbound
from imiconnect.sandbox.webpush.ece import decrypted, unb64
from tests.programs import node_server
from tests.rtm.push.conftest import Served
from tests.waiting import PATIENCE

# The command line of the package would leave this server behind.
PEER = ROOT / "node_modules" / "web-push-testing" / "src" / "bin" / "server.js"
SITE = keyfiles.web_push(
    site_url="https://shop.example", icon_url="", contact="ops@shop.example"
)
# RFC 8291, section 5.
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
BROWSER_PUBLIC = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Q"
    "ulcy4a-fN"
)
# RFC 8292, section 2.4.
VAPID = (
    "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQi"
    "LCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOe"
    "pC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA,k=BA1Hxzyi1RUM1b5wjxsn"
    "7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
)


def private_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(text)), ec.SECP256R1())


def test_the_library_encrypts_as_the_rfc_says() -> None:
    made = http_ece.encrypt(
        PLAIN,
        salt=unb64(SALT),
        private_key=private_of(SENDER),
        dh=unb64(BROWSER_PUBLIC),
        auth_secret=unb64(AUTH),
        version="aes128gcm",
    )
    assert made == unb64(BODY)


def test_the_double_decrypts_what_the_rfc_shows() -> None:
    assert decrypted(unb64(BODY), private_of(BROWSER), unb64(AUTH)) == PLAIN


@given(st.binary(min_size=1, max_size=MAX_TEXT))
def test_what_we_encrypt_the_double_reads(text: bytes) -> None:
    subscription = Subscription("https://push.example/1", Keys(BROWSER_PUBLIC, AUTH))
    assert decrypted(encrypted(subscription, text), private_of(BROWSER), unb64(AUTH)) == text


def test_the_longest_text_fits_what_every_service_takes() -> None:
    subscription = Subscription("https://push.example/1", Keys(BROWSER_PUBLIC, AUTH))
    assert len(encrypted(subscription, b"x" * MAX_TEXT)) == 4096


def test_the_published_vapid_header_is_right_for_two_libraries() -> None:
    assert Vapid02.verify(VAPID)
    token, key = VAPID.removeprefix("vapid t=").split(",k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    claims = jwt.decode(
        token, public, algorithms=["ES256"], options={"verify_exp": False, "verify_aud": False}
    )
    assert claims["sub"] == "mailto:push@example.com"


def client_of(outbound: Outbound) -> WebPushClient:
    return WebPushClient(credentials=SITE, outbound=outbound, timeout=PATIENCE)


def test_our_vapid_header_names_origin_and_contact_and_lives_a_day_at_most() -> None:
    client = WebPushClient(credentials=SITE, outbound=Outbound(), clock=lambda: 1000.0)
    header = client.authorization("https://push.example:8443/x/y?z")
    assert Vapid02.verify(header.replace(", ", ","))
    token, key = header.removeprefix("vapid t=").split(",k=")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "https://push.example:8443"
    assert claims["sub"] == "mailto:ops@shop.example"
    assert 0 < claims["exp"] - 1000 <= 86_400
    assert key == SITE.public_key


async def test_a_push_arrives_and_is_decrypted(web: Served) -> None:
    subscribed = web.subscribe(web.url, SITE.public_key)
    async with Outbound() as outbound:
        taken = await client_of(outbound).send(
            read_subscription(subscribed), b"Hello", ttl=60, urgency="high", topic="order-7"
        )
    assert taken.provider_id.startswith(f"{web.url}/message/")
    [received] = web.received(subscribed["endpoint"])
    assert received.pop("at") > 0
    assert received == {
        "browser": subscribed["endpoint"].rpartition("/")[2],
        "text": "Hello",
        "ttl": "60",
        "urgency": "high",
        "topic": "order-7",
    }


async def refusal(web: Served, endpoint_state: str, **changes: Any) -> PushError:
    subscribed = web.subscribe(web.url, changes.pop("key", SITE.public_key))
    web.behave(subscribed["endpoint"], endpoint_state)
    async with Outbound() as outbound:
        with pytest.raises(PushError) as caught:
            await client_of(outbound).send(
                read_subscription(subscribed), changes.pop("text", b"x"), ttl=1
            )
    return caught.value


@pytest.mark.parametrize(
    ("state", "problem", "after"),
    [
        ("gone", Problem.GONE, None),
        ("unknown", Problem.GONE, None),
        ("throttled", Problem.THROTTLED, 17),
        ("full", Problem.TOO_LARGE, None),
        ("bad", Problem.CONTENT, None),
        ("down", Problem.UNAVAILABLE, 60),
    ],
)
async def test_each_answer_is_a_problem_of_the_vocabulary(
    web: Served, state: str, problem: Problem, after: float | None
) -> None:
    error = await refusal(web, state)
    assert (error.problem, error.after) == (problem, after)


async def test_a_server_that_is_no_browsers_says_nothing_of_our_key(web: Served) -> None:
    other = keyfiles.new_vapid_keys()[1]
    error = await refusal(web, "alive", key=other)
    assert (error.problem, error.reason) == (Problem.FOREIGN, "HTTP 403")


async def test_what_is_too_large_never_leaves(web: Served) -> None:
    error = await refusal(web, "alive", text=b"x" * (MAX_TEXT + 1))
    assert error.problem is Problem.TOO_LARGE


async def test_a_private_address_is_never_called(settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    subscription = Subscription("https://127.0.0.1/push", Keys(BROWSER_PUBLIC, AUTH))
    async with Outbound() as outbound:
        with pytest.raises(PushError) as caught:
            await client_of(outbound).send(subscription, b"x", ttl=1)
    assert (caught.value.problem, caught.value.reason) == (Problem.GONE, "private_address")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/1"},
        {"endpoint": "https://user@push.example/1"},
        {"endpoint": "javascript:alert(1)"},
        {"endpoint": ""},
        {"keys": {"p256dh": AUTH, "auth": AUTH}},
        {"keys": {"p256dh": BROWSER_PUBLIC, "auth": "YQ"}},
        {"keys": {"p256dh": "§", "auth": AUTH}},
        {"keys": {}},
    ],
)
def test_a_wrong_subscription_is_refused(settings: Any, wrong: dict[str, Any]) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    right = {
        "endpoint": "https://push.example/1",
        "keys": {"p256dh": BROWSER_PUBLIC, "auth": AUTH},
    }
    assert read_subscription(right).keys.auth == AUTH
    with pytest.raises(ValueError):
        read_subscription(json.dumps(right | wrong))


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """The address of a push service that nobody here wrote, which decrypts."""
    with node_server(PEER, lambda port: [str(port)]) as address:
        yield address


def ask(url: str, body: bytes, kind: str) -> Any:
    answer = httpx.post(url, content=body, headers={"Content-Type": kind}, timeout=PATIENCE)
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.json() if is_json else answer.text


async def test_a_foreign_peer_decrypts_and_a_subscription_that_ended_is_gone(
    foreign: str, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    wish = {"userVisibleOnly": "true", "applicationServerKey": SITE.public_key}
    form = urlencode(wish).encode()
    subscribed = ask(f"{foreign}/subscribe", form, "application/x-www-form-urlencoded")["data"]
    named = {name: subscribed[name] for name in ("endpoint", "keys")}
    client_hash = subscribed["clientHash"]
    async with Outbound() as outbound:
        await client_of(outbound).send(read_subscription(named), b"Hello", ttl=60)
        body = json.dumps({"clientHash": client_hash}).encode()
        notes = ask(f"{foreign}/get-notifications", body, "application/json")["data"]
        assert notes["messages"] == ["Hello"]
        ask(f"{foreign}/expire-subscription/{client_hash}", b"", "application/json")
        with pytest.raises(PushError) as caught:
            await client_of(outbound).send(read_subscription(named), b"Hello", ttl=60)
    assert caught.value.problem is Problem.GONE
