"""The pages where a person plays a customer at the doubles of Twitter and WeChat."""

from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import health, hooks
from imiconnect.apps.channel_types.events import Event
from imiconnect.apps.models import App
from tests.apps.twitter.conftest import BANK, CORA

PAGE = "/tools/sandbox/twitter/"


def test_what_the_customer_writes_reaches_the_platform_and_is_shown(
    admin: Member, twitter_app: App, taken: list[tuple[str, Event]]
) -> None:
    health.check_now(app=twitter_app)
    browser = Client()
    browser.force_login(admin.user)
    act = {"act": "say", "user": BANK, "person": CORA, "text": "What is my balance?"}
    page = browser.post(PAGE, act, follow=True)
    assert page.status_code == 200
    assert "What is my balance?" in page.content.decode()
    hooks.work_through()
    assert len(taken) == 1


def test_an_account_that_is_not_connected_is_said_to_be(admin: Member) -> None:
    browser = Client()
    browser.force_login(admin.user)
    act = {"act": "say", "user": BANK, "person": CORA, "text": "Hello"}
    page = browser.post(PAGE, act, follow=True).content.decode()
    assert "not connected" in page
