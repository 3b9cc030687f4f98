"""What Facebook tells of customers: more where the page has the permission."""

import json
from typing import Any

import pytest
from django.test import Client

from imiconnect.apps import health
from imiconnect.apps.channel_types.facebook import linking, provider
from imiconnect.apps.channel_types.facebook.told import told_to
from imiconnect.apps.models import App
from imiconnect.rtm.models import Callback, Contact
from imiconnect.rtm.ott import profiles
from imiconnect.rtm.processors import mo
from imiconnect.sandbox.facebook import world
from imiconnect.sharing.models import Service
from tests.facebook.conftest import PAGE
from tests.facebook.test_messages import connected, play, rtm_app

__all__ = ["connected", "rtm_app"]

pytestmark = pytest.mark.django_db(transaction=True)
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
    told = {"locale": "en_GB", "gender": "female", "timezone": "0"}
    assert told.items() <= Contact.objects.get().profile.items()
    body = json.loads(Callback.objects.filter(kind="mo").order_by("-id")[0].body)
    assert told.items() <= body.items()


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
