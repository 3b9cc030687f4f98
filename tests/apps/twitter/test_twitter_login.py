"""ADD TWITTER ACCOUNT: three legs, and what is refused on the way."""

from urllib.parse import parse_qsl

import pytest
from django.core.exceptions import ValidationError
from oauthlib.oauth1 import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import authorizations, services
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App
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
