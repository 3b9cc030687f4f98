"""The Python client and the options of in-app messaging: encryption, JWT, one device."""

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import msgspec
import pytest

from imiconnect.apps.channel_types.mobile_web.messaging import set_messaging
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.apps.push.services import renew_payload_key
from imiconnect.apps.services import set_policy
from imiconnect.rtm.broker import link
from imiconnect.rtm.client import ErrorCode, SdkError
from imiconnect.rtm.client.sealing import Unreadable, seal, unseal
from imiconnect.rtm.client.transports import addresses
from imiconnect.rtm.models import Customer, Device, Inbound, Message, Receipt, UserPin
from imiconnect.rtm.onboarding.codes import code_of
from imiconnect.rtm.processors import mt
from imiconnect.rtm.protocol import sealing as of_server
from imiconnect.rtm.protocol import topics
from imiconnect.vault import digest
from tests.rtm.client.conftest import MakePhone
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[..., Message]
SECRET = base64.b64encode(bytes(range(64))).decode()


def switch(app: App, **changes: Any) -> App:
    """Change an app's policy as pages do."""
    changed: Policy = msgspec.structs.replace(policy_of(app), **changes)
    return set_policy(app=app, policy=changed)


def tell(app: App) -> None:
    """Have live devices read the policy, as the task does."""
    from imiconnect.rtm.client.registration import system

    assert link.publish([(topics.updates(app.app_id, system()), b"{}")]) == [True]


def test_server_and_client_read_one_another() -> None:
    key = bytes(range(32))
    text = base64.b64encode(key).decode()
    assert unseal(text, of_server.seal(key, b'{"a":"\xc3\xbc"}')) == {"a": "ü"}
    assert of_server.unseal([key], seal(text, {"a": 1})) == b'{"a": 1}'
    for wrong in ("", "x", base64.b64encode(b"x" * 32).decode()):
        with pytest.raises(Unreadable):
            unseal(text, wrong)


@pytest.mark.parametrize("secured", [False, True])
def test_transports_are_tried_in_the_order_of_the_policy(secured: bool) -> None:
    def port(number: int) -> dict[str, int]:
        return {"port": number} if secured else {}

    policy = {
        "transports": [
            {"name": "mqtt", **port(8883)},
            {"name": "websocket", **port(8884)},
        ]
    }
    broker = {"url": "ws://gw.test/mqtt", "ip": "gw.test", "mqtt": "1883"}
    found = addresses(broker, policy, "policy")
    if secured:
        assert found == [("gw.test", 8883, True, None), ("gw.test", 8884, True, "/mqtt")]
        assert addresses(broker, policy, "websocket") == [("gw.test", 8884, True, "/mqtt")]
        web = broker | {"url": "wss://gw.test/mqtt"}
        assert addresses(web, policy, "websocket")[1:] == [("gw.test", 443, True, "/mqtt")]
    else:
        assert found == [("gw.test", 1883, False, None), ("gw.test", 80, False, "/mqtt")]
        assert addresses(broker, policy, "tcp") == [("gw.test", 1883, False, None)]
        assert addresses({"url": "ws://gw.test/mqtt"}, policy, "tcp") == []


def test_the_second_transport_is_used_where_the_first_does_not_answer(
    make_phone: MakePhone, rtm_app: App, settings: Any
) -> None:
    settings.RTM_DEVICE_TCP_URL = "mqtt://127.0.0.1:9"
    switch(rtm_app, primary_transport="mqtt", secondary_transport="websocket")
    phone = make_phone().come()
    assert phone.states == ["connecting", "connecting", "connected"]


def test_everything_goes_encrypted_there_and_back(
    make_phone: MakePhone, rtm_app: App, send: Send, raw_subscriber: Any, transport: str
) -> None:
    switch(rtm_app, payload_encryption=True)
    wire = raw_subscriber("NB12345678/u1")
    phone = make_phone(transport=transport).come()
    message = send()
    mt.process_due()
    assert not wire.get(timeout=PATIENCE).startswith(b"{")
    assert phone.messages.get(timeout=PATIENCE).tid == str(message.pk)
    assert phone.publish(text="Secret").tid
    assert Inbound.objects.get().body["message"] == "Secret"
    assert phone.loop.run(phone.client.threads.list())[1] >= 1


def test_receipts_are_encrypted_too(
    make_phone: MakePhone, rtm_app: App, send: Send, uplink: Any
) -> None:
    switch(rtm_app, payload_encryption=True)
    phone = make_phone().come()
    tid = send().pk
    mt.process_due()
    assert phone.messages.get(timeout=PATIENCE).tid == str(tid)
    wait_until(lambda: Receipt.objects.filter(tid=tid).exists())


def test_a_live_device_follows_the_switch_and_a_new_key(
    make_phone: MakePhone, rtm_app: App, send: Send
) -> None:
    phone = make_phone().come()
    app = switch(rtm_app, payload_encryption=True)
    tell(app)
    assert phone.policies.get(timeout=PATIENCE)["features"]["encryption"] == "1"
    first = phone.client.session.payload_key
    assert first
    renew_payload_key(app=app)
    send()
    mt.process_due()
    assert phone.messages.get(timeout=PATIENCE).text == "Hello", "it has asked for the key"
    assert phone.client.session.payload_key != first
    switch(app, payload_encryption=False)
    assert phone.publish(text="Plain again").tid
    assert phone.client.session.payload_key == ""


def test_what_no_key_opens_is_told(make_phone: MakePhone, rtm_app: App) -> None:
    switch(rtm_app, payload_encryption=True)
    phone, errors = make_phone().come(), []
    phone.client.on("error", errors.append)
    foreign = of_server.seal(b"k" * 32, b'{"tid":"1"}')
    assert link.publish([("NB12345678/u1", foreign)]) == [True]
    wait_until(lambda: errors)
    assert (errors[0].code, errors[0].reason) == (ErrorCode.INVALID_RESPONSE, "encryption")
    assert phone.messages.empty()


@pytest.fixture
def guarded(rtm_app: App) -> Iterator[App]:
    """The app, which asks for JWTs."""
    policy: Policy = msgspec.structs.replace(policy_of(rtm_app), jwt_authorization=True)
    set_messaging(app=rtm_app, policy=policy, jwt_secret=SECRET)
    yield rtm_app


def signed(**claims: Any) -> str:
    """Return a token as the customer's server signs it."""
    named = {"appId": "NB12345678", "userId": "u1", **claims}
    return jwt.encode(named, base64.b64decode(SECRET), algorithm="HS256")


def test_a_token_is_asked_for_and_again_when_it_ends_or_is_refused(
    make_phone: MakePhone, guarded: App
) -> None:
    given = [
        signed(exp=int(time.time()) + 2),  # Good for one call, then within the margin.
        signed(userId="mallory"),
        signed(exp=int(time.time()) + 600),
    ]
    asked: list[str] = []

    async def provide() -> str:
        asked.append(given[min(len(asked), len(given) - 1)])
        return asked[-1]

    phone = make_phone(token_provider=provide)
    phone.register(user_id="u1", device_id="d1")
    assert phone.publish(text="Hi").tid
    assert asked == given
    assert phone.publish(text="Hi").tid
    assert len(asked) == 3, "a good token is kept"


def test_a_provider_that_raises_delays_the_connection_and_ends_nothing(
    make_phone: MakePhone, guarded: App
) -> None:
    switch(guarded, client_key_as_password=False)

    def provide() -> str:
        if phone.client.session and phone.states.count("waiting") < 2:
            raise OSError
        # Within the margin, so that it is asked for at each call.
        return signed(exp=int(time.time()) + 3)

    phone = make_phone(token_provider=provide)
    phone.register(user_id="u1", device_id="d1")
    assert phone.publish(text="Hi").tid == ""
    assert phone.client.waiting == 1
    Device.objects.update(access_token_digest=digest("another"))
    phone.connect()
    item, result = phone.sent.get(timeout=PATIENCE)
    assert (item.body["message"], result.error) == ("Hi", None)
    assert Inbound.objects.get().body["message"] == "Hi"


def test_without_a_right_token_the_app_is_told(make_phone: MakePhone, guarded: App) -> None:
    for provider in (None, lambda: signed(userId="mallory")):
        with pytest.raises(SdkError) as refused:
            make_phone(token_provider=provider).register(user_id="u1", device_id="d1")
        assert (refused.value.code, refused.value.reason) == (
            ErrorCode.REGISTRATION_FAILED,
            "jwt",
        )
    assert not Device.objects.exists()


def test_the_older_device_learns_why_and_does_not_come_back(
    make_phone: MakePhone, rtm_app: App, transport: str
) -> None:
    switch(rtm_app, single_device_per_user=True, client_key_as_password=False)
    old, told = make_phone(transport=transport), []
    old.client.on("connection", told.append)
    old.come(device_id="old")
    new = make_phone(transport=transport).come(device_id="new")
    wait_until(lambda: old.client.state == "refused")
    assert told[-1].error.code == ErrorCode.REGISTRATION_CONFLICT
    assert told[-1].error.reason == "replaced"
    assert old.client.session is None
    assert new.client.state == "connected"
    with pytest.raises(SdkError) as refused:
        old.connect()
    assert refused.value.code == ErrorCode.NOT_REGISTERED


def test_a_device_that_was_away_learns_it_when_it_comes_back(
    make_phone: MakePhone, rtm_app: App
) -> None:
    switch(rtm_app, single_device_per_user=True, client_key_as_password=False)
    old = make_phone()
    old.register(user_id="u1", device_id="old")
    make_phone().come(device_id="new")
    with pytest.raises(SdkError) as refused:
        old.connect()
    assert (refused.value.code, refused.value.reason) == (
        ErrorCode.REGISTRATION_CONFLICT,
        "replaced",
    )
    assert Device.objects.get(device_id="new").unregistered_at is None


def test_a_user_id_is_proved_by_a_pin(make_phone: MakePhone, rtm_app: App) -> None:
    customer = Customer.objects.create(
        organization=rtm_app.organization,
        customer_id="u1",
        attributes={"msisdn": "447400123456"},
    )
    needs = {"client_key_as_password": False, "pin_required": True, "pin_sender_id": "ACME"}
    App.objects.update(policy=rtm_app.policy | needs)
    phone = make_phone()
    with pytest.raises(SdkError) as refused:
        phone.register(user_id="u1")
    assert (refused.value.code, refused.value.reason) == (ErrorCode.REGISTRATION_FAILED, "pin")
    prove = phone.client.authentication
    assert phone.loop.run(prove.generate_pin("u1")) == 1800
    with pytest.raises(SdkError) as wrong:
        phone.loop.run(prove.validate_pin("u1", "x"))
    assert wrong.value.reason == "pin"
    phone.loop.run(prove.validate_pin("u1", code_of(UserPin.objects.get().pk)))
    assert phone.register(user_id="u1").user_id == "u1"
    assert Device.objects.get().customer == customer
