"""The health of push: what is kept of each sending, and what the check of an app finds."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from msgspec.structs import replace

from imiconnect.accounts.models import Member
from imiconnect.apps import health
from imiconnect.apps.models import App, AppHealth, PushHealth
from imiconnect.apps.push import health as push_health
from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.clients.outcomes import Problem, PushError, Taken
from imiconnect.apps.push.credentials import ApnsToken
from imiconnect.apps.push.services import configure_push, credentials_of, remove_push
from imiconnect.rtm.lanes import PUSH
from imiconnect.rtm.models import PushAddress
from imiconnect.rtm.outcomes import Dispatched, Failed, Outcome
from imiconnect.rtm.processors import mt
from imiconnect.rtm.push import addresses, route
from tests.rtm.conftest import Client as Intake
from tests.rtm.push.conftest import BUNDLE, Served
from tests.rtm.push.test_medium import PUSH_BODY, phone

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[Member], Client]


@pytest.fixture
def send(intake: Intake, order: Callable[..., dict[str, Any]]) -> Callable[[], None]:
    """Send a push to u1, as a customer's server does."""

    def send() -> None:
        body = order(
            deliverychannel="push",
            destination=[{"userid": ["u1"]}],
            channels={"push": PUSH_BODY},
        )
        assert intake.post("/resources/v1/messaging", json=body).status_code == 202
        mt.process_due(lane=PUSH)

    return send


def checked(app: App) -> AppHealth:
    found = health.check_now(app=App.objects.get(pk=app.pk))
    assert found is not None
    return found


def test_what_was_sent_and_what_failed_is_kept_by_platform(
    pushed: App, apns: Served, fcm: Served, send: Callable[[], None]
) -> None:
    phone(pushed, "ios", apns.new_device(BUNDLE))
    pixel = fcm.new_device("bank-1")
    phone(pushed, "android", pixel, device="d2")
    fcm.behave(pixel, "dead")
    send()
    ios = PushHealth.objects.get(platform="ios")
    android = PushHealth.objects.get(platform="android")
    assert (ios.last_sent_at is not None, ios.last_failure) == (True, "")
    assert android.last_sent_at is None
    assert "no longer knows the device. (UNREGISTERED)" in android.last_failure
    assert not android.refused


def test_the_page_of_the_app_says_so(
    pushed: App,
    apns: Served,
    fcm: Served,
    send: Callable[[], None],
    client_of: ClientOf,
    admin: Member,
) -> None:
    pixel = fcm.new_device("bank-1")
    phone(pushed, "android", pixel)
    fcm.behave(pixel, "dead")
    send()
    assert PushAddress.objects.get().quarantined_at
    page = client_of(admin).get(f"/apps/{pushed.pk}/").text
    assert "(UNREGISTERED)" in page
    assert "Given up by the push service, last 7 days" in page
    assert "&lt;time" not in page


def test_good_credentials_are_found_in_order(pushed: App, apns: Served, fcm: Served) -> None:
    assert checked(pushed).state == AppHealth.State.HEALTHY


def test_refused_credentials_break_the_app_and_are_mailed_once_until_they_are_replaced(
    pushed: App, apns: Served, fcm: Served, admin: Member
) -> None:
    kept = credentials_of(pushed, "ios")
    known = apns.memory.get("key", kept.key_id)
    apns.memory.put("key", kept.key_id, **{**known, "team": "OTHERTEAM1"})
    assert checked(pushed).state == AppHealth.State.BROKEN
    found = checked(pushed)
    assert "Configure push anew. iOS: InvalidProviderToken" in found.problem
    assert len([letter for letter in mail.outbox if "needs attention" in letter.subject]) == 1
    apns.memory.put("key", kept.key_id, **known)
    configure_push(app=pushed, platform="ios", credentials=kept)
    assert checked(pushed).state == AppHealth.State.HEALTHY


def test_a_refusal_while_sending_makes_the_check_due(
    pushed: App, apns: Served, fcm: Served, send: Callable[[], None]
) -> None:
    phone(pushed, "ios", apns.new_device(BUNDLE))
    health.check_due()
    before = AppHealth.objects.get().next_check_at
    apns.memory.switches.add("expired_token")
    send()
    assert PushHealth.objects.get(platform="ios").refused == "ExpiredProviderToken"
    assert AppHealth.objects.get().next_check_at < before


def test_an_app_that_goes_meanwhile_costs_the_others_nothing(pushed: App) -> None:
    taken = Taken("1")
    gone = [push_health.Told(uuid.uuid4(), platform, taken) for platform in ("ios", "web")]
    push_health.note([gone[0], push_health.Told(pushed.pk, "ios", taken), gone[1]])
    assert PushHealth.objects.get().app == pushed


def subscribed(app: App, web: Served, key: str) -> PushAddress:
    return addresses.subscribe(app=app, subscription=web.subscribe(web.url, key))


def push_to(row: PushAddress) -> Outcome:
    ends_at = timezone.now().timestamp() + 3600
    order = route.Order(uuid.uuid4(), row.app_id, "pushid", str(row.pk), PUSH_BODY, ends_at)
    return route.send([order])[0]


def test_a_server_that_refuses_as_a_browser_would_breaks_no_app(
    pushed: App, web: Served, apns: Served, fcm: Served
) -> None:
    row = subscribed(pushed, web, keyfiles.new_vapid_keys()[1])
    assert isinstance(push_to(row), Failed)
    kept = PushHealth.objects.get(platform="web")
    assert (kept.refused, "HTTP 403" in kept.last_failure) == ("", True)
    assert checked(pushed).state == AppHealth.State.HEALTHY
    assert not mail.outbox


def test_a_browser_that_refuses_alone_breaks_no_app(pushed: App) -> None:
    refusal = PushError(Problem.CREDENTIALS, "HTTP 403")
    push_health.note([push_health.Told(pushed.pk, "web", Taken())])
    push_health.note([push_health.Told(pushed.pk, "web", refusal)])
    kept = PushHealth.objects.get()
    assert (kept.refused, "HTTP 403" in kept.last_failure) == ("", True)


@pytest.mark.parametrize(
    ("devices", "is_broken"), [([1], False), ([1, 1, 1], False), ([1, 2, 3], True)]
)
def test_a_new_key_is_broken_by_several_browsers_and_not_by_one(
    pushed: App, apns: Served, fcm: Served, devices: list[int], is_broken: bool
) -> None:
    refusal = PushError(Problem.CREDENTIALS, "HTTP 403")
    push_health.note([push_health.Told(pushed.pk, "web", refusal, each) for each in devices])
    assert bool(PushHealth.objects.get(platform="web").refused) == is_broken
    state = AppHealth.State.BROKEN if is_broken else AppHealth.State.HEALTHY
    assert checked(pushed).state == state


def test_a_key_that_browsers_refuse_and_none_has_taken_lately_breaks_the_app(
    pushed: App, apns: Served, fcm: Served
) -> None:
    refusal = push_health.Told(pushed.pk, "web", PushError(Problem.CREDENTIALS, "HTTP 403"))
    push_health.note([push_health.Told(pushed.pk, "web", Taken())])
    PushHealth.objects.update(last_sent_at=timezone.now() - dt.timedelta(days=2))
    push_health.note([refusal])
    assert checked(pushed).state == AppHealth.State.BROKEN
    push_health.note([push_health.Told(pushed.pk, "web", Taken()), refusal])
    assert checked(pushed).state == AppHealth.State.HEALTHY


def test_new_keys_of_a_site_end_its_old_subscriptions(pushed: App, web: Served) -> None:
    site = credentials_of(pushed, "web")
    old = subscribed(pushed, web, site.public_key)
    configure_push(
        app=pushed, platform="web", credentials=replace(site, icon_url="https://a.example/i")
    )
    assert isinstance(push_to(old), Dispatched)
    remove_push(app=pushed, platform="web")
    new_site = keyfiles.web_push(
        site_url="https://a.example", icon_url="", contact="ops@a.example"
    )
    configure_push(app=pushed, platform="web", credentials=new_site)
    new = subscribed(pushed, web, new_site.public_key)
    assert push_to(old) == Failed(route.NOBODY)
    assert isinstance(push_to(new), Dispatched)
    old.refresh_from_db()
    assert old.reason == "gone: other keys"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"bundle": "com.example.other"}, "DeviceTokenNotForTopic"),
        ({"gateway": "sandbox"}, "BadDeviceToken"),
    ],
)
def test_correcting_the_bundle_gives_back_the_devices_that_were_refused_for_it(
    pushed: App, apns: Served, settings: Any, wrong: dict[str, str], reason: str
) -> None:
    settings.APNS_URLS = {name: f"{apns.url}/{name}" for name in ("production", "sandbox")}
    key = apns.new_key(BUNDLE, "com.example.other")
    right = ApnsToken(key=key.pem, key_id=key.key_id, team_id=key.team_id, bundle=BUNDLE)
    tokens = [apns.new_device(BUNDLE, "production") for _ in range(2)]
    for number, token in enumerate(tokens):
        phone(pushed, "ios", token, user=f"u{number}", device=f"d{number}")
    dead, alive = PushAddress.objects.order_by("device__device_id")
    apns.behave(tokens[0], "dead")
    configure_push(app=pushed, platform="ios", credentials=right)
    push_to(dead)
    configure_push(app=pushed, platform="ios", credentials=replace(right, **wrong))
    assert isinstance(push_to(alive), Failed)
    assert reason in PushHealth.objects.get(platform="ios").last_failure
    configure_push(app=pushed, platform="ios", credentials=right)
    assert isinstance(push_to(alive), Dispatched)
    assert push_to(dead) == Failed(route.NOBODY)


def test_a_device_of_another_app_is_not_given_up(pushed: App, apns: Served) -> None:
    phone(pushed, "ios", apns.new_device("com.example.other"))
    row = PushAddress.objects.get()
    assert isinstance(push_to(row), Failed)
    row.refresh_from_db()
    assert row.quarantined_at is None
    assert "DeviceTokenNotForTopic" in PushHealth.objects.get().last_failure


def test_a_service_that_is_away_breaks_the_app_after_three_checks(
    pushed: App, apns: Served, fcm: Served
) -> None:
    apns.memory.switches.add("down")
    states = [checked(pushed).state for _ in range(3)]
    assert states == ["unchecked", "unchecked", "broken"]


def test_removed_push_is_nothing_to_be_ill(pushed: App, apns: Served, fcm: Served) -> None:
    apns.memory.switches.add("expired_token")
    assert checked(pushed).state == AppHealth.State.BROKEN
    remove_push(app=App.objects.get(pk=pushed.pk), platform="ios")
    assert checked(pushed).state == AppHealth.State.HEALTHY
    assert not PushHealth.objects.exists()
