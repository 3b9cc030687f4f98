"""ADD TWITTER ACCOUNT: three legs, and what is refused on the way."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from oauthlib.oauth1 import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import authorizations, health, services
from imiconnect.apps.channel_types.twitter.welcome import save_welcome
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App
from imiconnect.sandbox.twitter.world import store
from tests.apps.twitter.conftest import BANK, TELECOM, LogIn


@pytest.mark.parametrize(
    ("host", "signature"),
    [
        ("api.x.com", "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="),
        ("api.twitter.com", "hCtSmYh+iHYCEqBWrE7C7hYmtUk="),
    ],
)
def test_the_signature_is_the_published_one(host: str, signature: str) -> None:
    signer = Client(
        "xvz1evFS4wEEPTGEFPHBog",
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        timestamp="1318622958",
        signature_type="BODY",
    )
    _url, _headers, body = signer.sign(
        f"https://{host}/1.1/statuses/update.json?include_entities=true",
        http_method="POST",
        body="status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert dict(parse_qsl(body))["oauth_signature"] == signature


def test_the_login_brings_the_account_with_its_handle(log_in: LogIn) -> None:
    choice = authorizations.chosen(log_in(), BANK)
    assert choice.config == {
        "user_id": BANK,
        "handle": "@northwindbank",
        "account_name": "Northwind Bank",
    }


def test_a_person_who_says_no_changes_nothing(log_in: LogIn) -> None:
    with pytest.raises(ValidationError, match="not authorized"):
        log_in(say="deny")


def test_a_login_of_somebody_else_is_not_taken(log_in: LogIn, developer: Member) -> None:
    row = log_in()
    assert authorizations.find(developer, row.pk, "twitter") is None


def test_a_state_that_nobody_began_is_refused(admin: Member) -> None:
    with pytest.raises(ValidationError, match="no login that is under way"):
        authorizations.finish(member=admin, channel_type="twitter", query={"state": "old"})


def test_an_account_that_is_configured_cannot_be_chosen_again(
    twitter_app: App, log_in: LogIn
) -> None:
    assert authorizations.offers(log_in())[0].taken


def test_change_twitter_account_keeps_the_app(twitter_app: App, log_in: LogIn) -> None:
    before = secrets_of(twitter_app)
    app = authorizations.reconnect(
        app=twitter_app, authorization=log_in(TELECOM, app=twitter_app)
    )
    assert (app.app_id, app.account) == (twitter_app.app_id, TELECOM)
    assert app.config["handle"] == "@harbourtel"
    assert secrets_of(app) != before


def change_account(browser: Browser, app: App) -> Any:
    """Press CHANGE TWITTER ACCOUNT, and authorize as the other account at X."""
    page = urlsplit(browser.post(f"/apps/{app.pk}/reconnect/")["Location"])
    answer = Browser().post(f"{page.path}?{page.query}", {"act": "allow", "user": TELECOM})
    back = urlsplit(answer["Location"])
    return browser.get(f"{back.path}?{back.query}")


@pytest.mark.django_db(transaction=True)
def test_change_twitter_account_leaves_nothing_at_the_old_one(
    twitter_app: App, browser: Browser
) -> None:
    health.check_now(app=twitter_app)
    save_welcome(app=twitter_app, welcome="How may we help?")
    assert store.get("account", BANK)["hook"]
    answer = change_account(browser, twitter_app)
    assert answer["Location"] == f"/apps/{twitter_app.pk}/"
    assert store.get("account", BANK)["hook"] == ""
    assert store.get("account", TELECOM)["hook"]
    assert store.all("rule", user=BANK) == []
    ((_key, rule),) = store.all("rule", user=TELECOM)
    assert store.get("welcome", rule["message"])["data"]["text"] == "How may we help?"


@pytest.mark.django_db(transaction=True)
def test_a_screen_that_the_new_account_does_not_take_is_told(
    twitter_app: App, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_welcome(app=twitter_app, welcome="How may we help?")
    checked = health.check_now

    def check_and_fall(*, app: App) -> Any:
        found = checked(app=app)
        store.set_switches({"down"})
        return found

    monkeypatch.setattr(health, "check_now", check_and_fall)
    answer = change_account(browser, twitter_app)
    assert answer.status_code == 422
    assert "The account is changed, but does not take" in answer.text
    assert App.objects.get().account == TELECOM


@pytest.mark.django_db(transaction=True)
def test_a_deleted_app_takes_its_welcome_screen_along(twitter_app: App) -> None:
    health.check_now(app=twitter_app)
    save_welcome(app=twitter_app, welcome="How may we help?")
    services.delete_app(app=twitter_app)
    assert store.get("account", BANK)["hook"] == ""
    assert store.all("rule") == []


def test_an_account_of_another_app_does_not_take_its_place(
    twitter_app: App, admin: Member, log_in: LogIn
) -> None:
    choice = authorizations.chosen(log_in(TELECOM), TELECOM)
    services.create_app(
        member=admin,
        name="Telecom",
        channel_type="twitter",
        config=choice.config,
        secrets=choice.secrets,
    )
    with pytest.raises(ValidationError, match="already configured"):
        authorizations.reconnect(
            app=twitter_app, authorization=log_in(TELECOM, app=twitter_app)
        )
