"""What X documents as refused, and what this platform refuses before X is asked."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import authorizations, health
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Incoming
from imiconnect.apps.channel_types.twitter import handler as twitter_handler
from imiconnect.apps.channel_types.twitter.client import TwitterClient
from imiconnect.apps.channel_types.twitter.config import checked_config
from imiconnect.apps.channel_types.twitter.inbound import events_in, proof
from imiconnect.apps.channel_types.twitter.outbound import problem_of
from imiconnect.apps.models import App, HookEvent
from imiconnect.sandbox.twitter import telling
from imiconnect.sandbox.twitter.world import store
from tests.apps.twitter.conftest import BANK, CORA


def client_that_hears(status: int, **answer: Any) -> TwitterClient:
    """Return a client to which X always says the same."""
    transport = httpx.MockTransport(lambda request: httpx.Response(status, **answer))
    http = httpx.Client(transport=transport)
    return TwitterClient("https://x.test", "k", "s", "t", "ts", http=http)


def test_a_callback_that_is_not_registered_is_refused_by_x() -> None:
    with pytest.raises(ChannelError, match="Callback URL not approved") as found:
        twitter_handler.client().request_token("https://elsewhere.example/")
    assert found.value.outcome.name == "permission"


def test_a_callback_that_x_does_not_confirm_is_not_used() -> None:
    said = "oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false"
    with pytest.raises(ChannelError, match="not registered"):
        client_that_hears(200, text=said).request_token("https://northwind.example/")


def test_a_verifier_of_another_login_is_refused(admin: Member) -> None:
    authorizations.begin(member=admin, channel_type="twitter")
    ((_token, kept),) = store.all("request")
    state = parse_qs(urlsplit(kept["callback"]).query)["state"][0]
    query = {"state": state, "oauth_token": "another", "oauth_verifier": "v"}
    with pytest.raises(ValidationError, match="belongs to another login"):
        authorizations.finish(member=admin, channel_type="twitter", query=query)


def test_without_the_operators_app_no_login_begins(admin: Member, settings: Any) -> None:
    settings.SANDBOX = False
    with pytest.raises(ValidationError, match="has not set TWITTER_CONSUMER_KEY"):
        authorizations.begin(member=admin, channel_type="twitter")


@pytest.mark.parametrize(
    "title",
    [
        "CrcValidationFailed",
        "UrlValidationFailed",
        "DuplicateUrlFailed",
        "WebhookLimitExceeded",
    ],
)
def test_a_webhook_that_x_does_not_register_is_told_by_its_name(title: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "AAAA"})
        if request.method == "GET":
            return httpx.Response(200, json={"data": []})
        return httpx.Response(400, json={"title": title, "detail": "no", "status": 400})

    http = httpx.Client(transport=httpx.MockTransport(answer))
    client = TwitterClient("https://x.test", "k", "s", http=http)
    with pytest.raises(ChannelError, match=title):
        client.webhook("https://northwind.example/hooks/twitter/")


def test_an_app_whose_webhook_fails_its_check_says_so(
    twitter_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "answers_check", lambda url: False)
    for _again in range(health.MISSES):
        health.check_now(app=twitter_app)
    checkup = App.objects.get().checkup
    assert checkup.state == "broken"
    assert "CrcValidationFailed" in checkup.problem


def test_a_call_of_the_webhook_without_a_challenge_is_refused(db: None) -> None:
    assert Client().get("/hooks/twitter/").status_code == 403


@pytest.mark.parametrize("secret", ["somebody else's", ""])
def test_an_event_that_is_signed_with_another_secret_is_refused(
    twitter_app: App, secret: str
) -> None:
    headers = {"x-twitter-webhooks-signature": proof(secret, b"{}")}
    answer = Client().post(
        "/hooks/twitter/", b"{}", content_type="application/json", headers=headers
    )
    assert answer.status_code == 403
    assert not HookEvent.objects.exists()


def test_an_event_of_the_activity_api_is_read_as_the_older_one() -> None:
    message = {
        "type": "message_create",
        "id": "208",
        "created_timestamp": "1784928224372",
        "message_create": {"sender_id": CORA, "message_data": {"text": "hello!"}},
    }
    event = {
        "event_type": "dm.received",
        "filter": {"user_id": BANK},
        "payload": {"direct_message_events": [message]},
    }
    (found,) = events_in(json.dumps({"data": event}).encode())
    assert isinstance(found, Incoming)
    assert (found.account, found.address, found.text) == (BANK, CORA, "hello!")


def replies(*options: dict[str, str]) -> dict[str, Any]:
    return {"message": "Which?", "quickReplies": {"options": list(options)}}


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"template": {"name": "t"}}, "no templates"),
        ({"media": [{"id": "1"}, {"id": "2"}]}, "one attachment"),
        ({"message": "x" * 10_001}, "10,000 characters"),
        (replies(*[{"title": str(number)} for number in range(21)]), "20 quick replies"),
        (replies({"title": " "}), "Enter the label"),
        (replies({"title": "x" * 37}), "36 characters"),
        (replies({"title": "http://a.example"}), "without a URL"),
        (replies({"title": "a", "description": "x" * 73}), "72 characters"),
        (replies({"title": "a", "description": "d"}, {"title": "b"}), "or none"),
        (replies({"title": "a", "payload": "x" * 1_001}), "1,000 characters"),
    ],
)
def test_content_that_x_would_refuse_is_refused_before(payload: Any, words: str) -> None:
    assert words in str(problem_of(payload))


def test_content_at_the_limits_is_taken() -> None:
    option = {"title": "x" * 36, "description": "x" * 72, "payload": "x" * 1_000}
    assert not problem_of(replies(*[option] * 20) | {"message": "x" * 10_000})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user_id": "northwind"}, "user_id"),
        ({"quick_replies": [{"label": "a"}]}, "welcome"),
        ({"welcome": "Hi", "quick_replies": [{"label": "a"}] * 21}, "quick_replies"),
        ({"welcome": "Hi", "quick_replies": [{"label": ""}]}, "quick_replies"),
        ({"welcome": "Hi", "quick_replies": [{"label": "see http://a"}]}, "quick_replies"),
        (
            {"welcome": "Hi", "quick_replies": [{"label": "a", "metadata": "x" * 1_001}]},
            "quick_replies",
        ),
        (
            {
                "welcome": "Hi",
                "attachment_type": "image",
                "attachment_url": "ftp://a.example/b",
            },
            "attachment_url",
        ),
    ],
)
def test_a_welcome_screen_beyond_the_limits_says_which_field(changes: Any, field: str) -> None:
    with pytest.raises(ValidationError) as found:
        checked_config({"user_id": "1", **changes})
    assert field in found.value.message_dict
