"""What Facebook tells of customers: more where the page has the permission."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps import health, hooks
from imiconnect.apps.channel_types.facebook import linking, provider
from imiconnect.apps.channel_types.facebook.told import told_to
from imiconnect.apps.models import App
from imiconnect.rtm.callbacks import outbox
from imiconnect.rtm.models import Callback, Contact, Message
from imiconnect.rtm.ott import profiles
from imiconnect.rtm.ott.waiting import let_notifications_go
from imiconnect.rtm.processors import mo
from imiconnect.sandbox.facebook import world
from imiconnect.sharing.models import Service
from tests.facebook.conftest import PAGE, PSID
from tests.facebook.test_messages import PLAY, connected, play, rtm_app

__all__ = ["connected", "rtm_app"]

pytestmark = pytest.mark.django_db(transaction=True)
TOLD = {"locale": "en_GB", "gender": "female", "timezone": "0"}
NOTHING = dict.fromkeys(TOLD, "")
ALL = [*world.SCOPES, *world.PROFILE_SCOPES.values()]


def grant(app: App, scopes: list[str]) -> None:
    """Let the page's token have permissions, as a login does, and check the app."""
    world.store.change("page", PAGE, scopes=scopes)
    health.check_now(app=app)


def test_without_permissions_only_the_names_are_asked_for(
    connected: App, client: Client
) -> None:
    grant(connected, world.SCOPES)
    play(client, "message", "Hello")
    profiles.read_due()
    assert Contact.objects.get().profile.keys() == {
        "name", "first_name", "last_name", "profile_pic",
    }  # fmt: skip


def test_what_the_page_may_know_is_kept_and_in_the_notification(
    connected: App, service: Service, client: Client
) -> None:
    service.inbound_url = "https://customer.test/mo"
    service.save()
    grant(connected, ALL)
    play(client, "message", "Hello")
    profiles.read_due()
    play(client, "message", "Again")
    mo.process_due()
    assert TOLD.items() <= Contact.objects.get().profile.items()
    body = json.loads(Callback.objects.filter(kind="mo").order_by("-id")[0].body)
    assert TOLD.items() <= body.items()


@pytest.fixture
def notified(connected: App, service: Service) -> App:
    """The page knows all of customers, and the service's server hears of messages."""
    Service.objects.filter(pk=service.pk).update(inbound_url="https://customer.test/mo")
    grant(connected, ALL)
    return connected


def notification() -> tuple[dict[str, Any], bool]:
    """Return what the one notification tells of the profile, and whether it is due."""
    row = Callback.objects.get(kind="mo")
    body = json.loads(row.body)
    return {name: body[name] for name in TOLD}, row.due_at <= timezone.now()


def first_message(client: Client) -> None:
    """Log a first message before anybody has read the profile."""
    client.post(PLAY, {"psid": PSID, "act": "message", "text": "Hello"})
    hooks.work_through()
    mo.process_due()


def test_the_first_message_is_logged_at_once_and_notified_with_the_profile(
    notified: App, client: Client
) -> None:
    first_message(client)
    assert Message.objects.filter(direction=Message.Direction.MO).count() == 1
    assert notification() == (NOTHING, False)
    profiles.read_due()
    assert notification() == (TOLD, True)


def test_a_profile_that_is_read_before_is_in_the_notification_at_once(
    notified: App, client: Client
) -> None:
    client.post(PLAY, {"psid": PSID, "act": "message", "text": "Hello"})
    hooks.work_through()
    profiles.read_due()
    mo.process_due()
    assert notification() == (TOLD, True)


def test_a_failure_of_facebook_lets_the_notification_go(
    notified: App, client: Client, twin: Any
) -> None:
    first_message(client)
    twin.set_switches({"down"})
    profiles.read_due()
    assert notification() == (NOTHING, True)


def test_a_notification_waits_for_a_slow_facebook_five_seconds(
    notified: App, client: Client
) -> None:
    first_message(client)
    due = Callback.objects.get(kind="mo").due_at
    assert due - timezone.now() <= dt.timedelta(seconds=5)
    assert [job.attempts for job in outbox.claim(10, 10)] == []
    Callback.objects.update(due_at=timezone.now())
    assert len(outbox.claim(10, 10)) == 1
    profiles.read_due()
    assert notification()[0] == NOTHING


def test_a_page_that_is_told_nothing_waits_for_nothing(notified: App, client: Client) -> None:
    grant(notified, world.SCOPES)
    first_message(client)
    assert notification() == (NOTHING, True)


def test_another_customers_notification_waits_on(notified: App, client: Client) -> None:
    first_message(client)
    other = Contact(app=notified, address="another", profile=TOLD)
    let_notifications_go(other)
    assert notification() == (NOTHING, False)


def test_one_permission_more_tells_one_field_more(connected: App, client: Client) -> None:
    grant(connected, [*world.SCOPES, "pages_user_locale"])
    play(client, "message", "Hello")
    profiles.read_due()
    profile = Contact.objects.get().profile
    assert (profile["locale"], "gender" in profile) == ("en_GB", False)
    assert [row.is_told for row in told_to(App.objects.get())] == [True, False, False]


def test_a_permission_that_was_taken_back_costs_no_names(
    connected: App, client: Client
) -> None:
    grant(connected, ALL)
    world.store.change("page", PAGE, scopes=world.SCOPES)
    play(client, "message", "Hello")
    profiles.read_due()
    assert Contact.objects.get().profile["name"] == "Cora Customer"


def test_the_page_says_which_permission_is_missing(page_app: App, client: Client) -> None:
    url = f"/apps/{page_app.pk}/"
    assert "Not known before the first check" in client.get(url).content.decode()
    grant(page_app, [*world.SCOPES, "pages_user_locale"])
    page = client.get(url).content.decode()
    assert "lacks the permission pages_user_gender" in page
    assert "lacks the permission pages_user_locale" not in page


@pytest.mark.parametrize(
    ("fields", "asked"), [("", []), ("locale, shoe", ["pages_user_locale"])]
)
def test_the_login_asks_for_what_meta_has_approved(
    monkeypatch: pytest.MonkeyPatch, fields: str, asked: list[str], twin: Any
) -> None:
    found = provider.facebook().model_copy(update={"profile_fields": fields})
    monkeypatch.setattr(linking, "facebook", lambda: found)
    assert linking.scope().split(",") == [*linking.SCOPE.split(","), *asked]
