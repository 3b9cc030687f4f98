"""WeChat's five messages after each one of the customer, kept by the gateway."""

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types.events import Incoming, Opens, OptIn, OptOut, Postback
from imiconnect.apps.channel_types.wechat import client as wechat_client
from imiconnect.apps.models import App
from imiconnect.rtm.models import Callback, Contact, Customer, Message, OpenMessage
from imiconnect.rtm.ott import windows
from imiconnect.rtm.ott.taking import take
from imiconnect.rtm.ott.windows import Place
from imiconnect.rtm.processors import dr, mt
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.services import send_request
from imiconnect.sandbox.wechat.world import STORE
from imiconnect.sharing.models import Allocation, Service
from tests.apps.over_django import carry
from tests.apps.wechat.conftest import APPID, OPENID
from tests.objects import make_app

pytestmark = pytest.mark.django_db(transaction=True)

FOLLOWER = f"{APPID}/{OPENID}"


@pytest.fixture(autouse=True)
def twin(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The double, which itself would take many more messages than WeChat does."""
    carry(monkeypatch, settings)
    STORE.put("account", APPID, secret="s" * 32, original="gh_1")
    STORE.put("follower", FOLLOWER, follows=True, heard_at=time.time(), answers=-100)
    wechat_client._tokens.clear()
    yield
    wechat_client._tokens.clear()


@pytest.fixture
def send(wechat_app: App) -> Callable[[], Message]:
    """Send a message of a live service to the follower; return its row."""
    service = Service.objects.create(
        organization=wechat_app.organization,
        name="Alerts",
        state=Service.State.LIVE,
        receipt_url="https://northwind.example/receipts",
        receipt_kinds={"wechat": ["submitted", "delivered"]},
    )
    Allocation.objects.create(
        service=service, app=wechat_app, channel="wechat", is_inbound=True
    )
    body = {
        "deliverychannel": "wechat",
        "appid": wechat_app.app_id,
        "destination": [{"wechatid": [OPENID]}],
        "channels": {"wechat": {"text": "Hello"}},
    }

    def act() -> Message:
        sent = send_request(service=service, body=json.dumps(body).encode())
        mt.process_due(lane="ott")
        return Message.objects.get(transid=sent.transid)

    return act


def hear(app: App, *, number: int = 1) -> None:
    """Let the follower write."""
    event = Incoming(
        account="", provider_id=str(number), address=OPENID, at=timezone.now(), text="hi"
    )
    with transaction.atomic():
        take(app, [event])


def test_the_sixth_message_is_not_sent_until_the_customer_writes(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    hear(wechat_app)
    assert [State(send().state) for _ in range(5)] == [State.SUBMITTED] * 5
    sixth = send()
    assert State(sixth.state) is State.FAILED
    assert "They have had 5 messages" in sixth.reason
    assert len(STORE.all("message", follower=FOLLOWER)) == 5
    hear(wechat_app, number=2)
    assert State(send().state) is State.SUBMITTED


def test_a_customer_who_never_wrote_is_not_written_to(send: Callable[[], Message]) -> None:
    STORE.put("follower", FOLLOWER, follows=True)
    never = send()
    assert State(never.state) is State.FAILED
    assert "the customer writes first" in never.reason
    assert not STORE.all("message", follower=FOLLOWER)


def test_what_wechat_has_taken_is_delivered_for_it_tells_no_more(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    hear(wechat_app)
    sent = send()
    assert State(sent.state) is State.SUBMITTED
    dr.process_due()
    sent.refresh_from_db()
    assert (State(sent.state), sent.code) == (State.DELIVERED, 7500)
    assert not OpenMessage.objects.exists()
    kinds = Callback.objects.order_by("id").values_list("event", flat=True)
    assert list(kinds) == ["submitted", "delivered"]


def test_a_message_that_did_not_go_takes_no_place(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    hear(wechat_app)
    STORE.set_switches({"down"})
    send()
    assert Contact.objects.get().messages_left() == 5


def test_an_old_message_that_comes_late_opens_nothing(wechat_app: App) -> None:
    hear(wechat_app)
    places = windows.taken(wechat_app, [OPENID] * 6)
    assert places == [Place.FULL] * 5 + [Place.NONE]
    late = Incoming(
        account="",
        provider_id="late",
        address=OPENID,
        at=timezone.now() - dt.timedelta(hours=1),
        text="hi",
    )
    with transaction.atomic():
        take(wechat_app, [late])
    assert Contact.objects.get().messages_left() == 0


def test_the_customers_page_shows_what_is_left(
    wechat_app: App, admin: Member, client_of: Any
) -> None:
    hear(wechat_app)
    customer = Customer.objects.create(organization=admin.organization, customer_id="C-1")
    Contact.objects.update(customer=customer, window_sent=2)
    url = f"/customers/{customer.pk}/"
    page = client_of(admin).get(url).content.decode()
    assert OPENID in page
    assert "1 day, 23 hours" in page.replace("\xa0", " ")
    assert "3 messages left" in page
    Contact.objects.update(window_sent=5)
    assert "The customer writes first" in client_of(admin).get(url).content.decode()
    Contact.objects.update(last_in_at=timezone.now() - dt.timedelta(hours=49), window_sent=0)
    assert "The customer writes first" in client_of(admin).get(url).content.decode()


def follow(app: App, *, ago: int = 0) -> None:
    """Let the follower follow the account, some seconds ago."""
    at = timezone.now() - dt.timedelta(seconds=ago)
    with transaction.atomic():
        take(app, [OptIn(provider_id=f"s{ago}", address=OPENID, at=at, opens=Opens.BRIEFLY)])


def test_following_allows_three_messages_for_a_minute(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    follow(wechat_app)
    assert [State(send().state) for _ in range(3)] == [State.SUBMITTED] * 3
    fourth = send()
    assert State(fourth.state) is State.FAILED
    assert "3 since they pressed, followed or scanned" in fourth.reason


def test_after_the_minute_the_customer_writes_first(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    follow(wechat_app, ago=61)
    assert State(send().state) is State.FAILED
    assert not STORE.all("message", follower=FOLLOWER)
    hear(wechat_app)
    assert State(send().state) is State.SUBMITTED


def test_what_a_lesser_act_allows_is_used_first(wechat_app: App) -> None:
    hear(wechat_app)
    follow(wechat_app)
    assert Contact.objects.get().messages_left() == 8
    places = windows.taken(wechat_app, [OPENID] * 9)
    assert places == [Place.BRIEF] * 3 + [Place.FULL] * 5 + [Place.NONE]


def test_a_lesser_act_opens_a_window_that_is_over(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    hear(wechat_app)
    Contact.objects.update(last_in_at=timezone.now() - dt.timedelta(hours=49))
    assert State(send().state) is State.FAILED
    follow(wechat_app)
    assert State(send().state) is State.SUBMITTED


def leave(app: App, *, ago: int = 0) -> None:
    """Let the follower unfollow the account, some seconds ago."""
    at = timezone.now() - dt.timedelta(seconds=ago)
    with transaction.atomic():
        take(app, [OptOut(provider_id=f"u{ago}", address=OPENID, at=at)])


def test_who_has_left_gets_nothing_until_they_come_back(
    wechat_app: App, send: Callable[[], Message], admin: Member, client_of: Any
) -> None:
    hear(wechat_app)
    leave(wechat_app)
    gone = send()
    assert State(gone.state) is State.FAILED
    assert "They have left the account" in gone.reason
    assert not STORE.all("message", follower=FOLLOWER)
    browser = client_of(admin)
    (told,) = browser.get("/api/v1/contacts/").json()["results"]
    assert (told["may_be_answered"], told["messages_left"]) == (False, 0)
    assert told["closed_at"] == told["window_ends_at"]
    assert "They have left" in browser.get("/customers/contacts/").text
    follow(wechat_app)
    assert State(send().state) is State.SUBMITTED
    assert Contact.objects.get().closed_at is None


def test_the_customers_page_says_when_they_left(
    wechat_app: App, admin: Member, client_of: Any
) -> None:
    hear(wechat_app)
    leave(wechat_app)
    customer = Customer.objects.create(organization=admin.organization, customer_id="C-1")
    Contact.objects.update(customer=customer)
    page = client_of(admin).get(f"/customers/{customer.pk}/").content.decode()
    assert "no message goes out until the customer comes back" in page


def test_leaving_that_is_told_late_closes_nothing(wechat_app: App) -> None:
    hear(wechat_app)
    follow(wechat_app)
    leave(wechat_app, ago=120)
    assert Contact.objects.get().may_be_answered()


def test_an_old_act_that_comes_late_brings_nobody_back(wechat_app: App) -> None:
    leave(wechat_app)
    follow(wechat_app, ago=30)
    assert not Contact.objects.get().may_be_answered()


def test_the_same_act_told_twice_allows_no_more(wechat_app: App) -> None:
    at = timezone.now()
    event = Postback(
        provider_id="c", address=OPENID, at=at, payload="MENU", opens=Opens.BRIEFLY
    )
    for _again in range(2):
        with transaction.atomic():
            take(wechat_app, [event])
        windows.taken(wechat_app, [OPENID])
    assert Contact.objects.get().brief_left == 1


def test_a_place_of_a_lesser_act_is_given_back(
    wechat_app: App, send: Callable[[], Message]
) -> None:
    follow(wechat_app)
    STORE.set_switches({"down"})
    send()
    assert Contact.objects.get().brief_left == 3
    # As where another act came between the taking and the giving back.
    windows.give_back(wechat_app, OPENID, Place.BRIEF)
    assert Contact.objects.get().brief_left == 3


def test_an_app_is_sent_as_fast_as_its_policy_says(
    wechat_app: App, send: Callable[[], Message], admin: Member, client_of: Any
) -> None:
    values = {
        "card": "policy", "retry_count": "3", "retry_interval_seconds": "60",
        "expiry_seconds": "600", "messages_per_second": "1",
    }  # fmt: skip
    browser = client_of(admin)
    assert browser.post(f"/apps/{wechat_app.pk}/", values).status_code == 302
    told = browser.get(f"/api/v1/apps/{wechat_app.pk}/").json()
    assert told["policy"]["messages_per_second"] == 1
    service = Service.objects.get()
    many = [{"wechatid": [OPENID]}, {"wechatid": ["oTwo"]}, {"wechatid": ["oThree"]}]
    body = {
        "deliverychannel": "wechat", "appid": wechat_app.app_id, "destination": many,
        "channels": {"wechat": {"text": "Hello"}},
    }  # fmt: skip
    send_request(service=service, body=json.dumps(body).encode())
    mt.process_due(lane="ott")
    states = [State(state) for state in Message.objects.values_list("state", flat=True)]
    assert states.count(State.QUEUED) == 2


def test_devices_have_no_such_speed(admin: Member, client_of: Any) -> None:
    app = make_app(admin, "Shop")
    assert "messages_per_second" not in client_of(admin).get(f"/apps/{app.pk}/").text
