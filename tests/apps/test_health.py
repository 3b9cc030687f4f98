"""The health of apps: told once, warned of in time, mended by a check."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps import credentials, health, services
from imiconnect.apps.channel_types.errors import (
    CREDENTIALS,
    OUTCOMES,
    UNREACHABLE,
    ChannelError,
)
from imiconnect.apps.channel_types.handler import Ending
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App, AppHealth
from tests.apps.conftest import Loft

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def commits(django_capture_on_commit_callbacks: Any) -> Any:
    """Run what waits for the commit; a test's transaction never commits by itself."""
    with django_capture_on_commit_callbacks(execute=True):
        yield


@pytest.fixture
def checked(django_capture_on_commit_callbacks: Any) -> Callable[[App], AppHealth]:
    def check(app: App) -> AppHealth:
        with django_capture_on_commit_callbacks(execute=True):
            found = health.check_now(app=app)
        assert found is not None
        return found

    return check


def test_a_new_app_is_due_for_a_check_at_once(loft_app: App) -> None:
    assert health.check_due() == 1
    assert loft_app.checkup.state == AppHealth.State.UNCHECKED
    assert AppHealth.objects.get().state == AppHealth.State.HEALTHY
    assert health.check_due() == 0


def test_a_check_subscribes_the_webhook(loft_app: App, checked: Any, pigeon: Loft) -> None:
    checked(loft_app)
    assert pigeon.calls == ["activate north"]


def test_lost_credentials_break_an_app_and_are_mailed_once(
    loft_app: App,
    checked: Any,
    pigeon: Loft,
    viewer: Member,
    developer: Member,
    mailoutbox: Any,
) -> None:
    pigeon.problem = ChannelError(CREDENTIALS, "key expired")
    assert checked(loft_app).state == AppHealth.State.BROKEN
    checked(loft_app)
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(
        [loft_app.created_by.email, developer.user.email]
    )
    assert "key expired" in mailoutbox[0].body
    assert f"/apps/{loft_app.pk}/" in mailoutbox[0].body


def test_an_app_that_breaks_again_is_mailed_again(
    loft_app: App, checked: Any, pigeon: Loft, mailoutbox: Any
) -> None:
    for problem in (ChannelError(CREDENTIALS), None, ChannelError(CREDENTIALS)):
        pigeon.problem = problem
        checked(loft_app)
    assert len(mailoutbox) == 2


def test_an_outage_breaks_an_app_after_three_checks_only(
    loft_app: App, checked: Any, pigeon: Loft, mailoutbox: Any
) -> None:
    pigeon.problem = ChannelError(UNREACHABLE)
    states = [checked(loft_app).state for _check in range(3)]
    assert states == ["unchecked", "unchecked", "broken"]
    assert len(mailoutbox) == 1


def test_no_secret_gets_into_the_problem(loft_app: App, checked: Any, pigeon: Loft) -> None:
    key = secrets_of(loft_app)["loft_key"]
    pigeon.problem = ChannelError(CREDENTIALS, f"the key {key} is bad")
    assert key not in checked(loft_app).problem


def test_a_broken_app_says_so_on_the_list_and_its_page(
    loft_app: App, checked: Any, pigeon: Loft, viewer: Member, client_of: ClientOf
) -> None:
    pigeon.problem = ChannelError(CREDENTIALS)
    checked(loft_app)
    client = client_of(viewer)
    assert "Broken" in client.get("/apps/").text
    assert "Reconnect the app" in client.get(f"/apps/{loft_app.pk}/").text
    assert loft_app.app_id not in client.get("/apps/?health=healthy").text


@pytest.mark.parametrize(
    ("left", "warned"), [(31, None), (30, 30), (14.5, 15), (6, 7), (2.5, 3), (2, 2), (0.5, 1)]
)
def test_the_most_urgent_warning_is_mailed(
    loft_app: App, checked: Any, pigeon: Loft, mailoutbox: Any, left: float, warned: int | None
) -> None:
    now = timezone.now()
    pigeon.endings = (Ending("ring", now + left * DAY),)
    checked(loft_app)
    assert health.warn_of_expiries(now=now) == bool(warned)
    assert loft_app.expiries.get().warned_days == warned
    assert len(mailoutbox) == bool(warned)


def test_each_warning_is_mailed_once(
    loft_app: App, checked: Any, pigeon: Loft, mailoutbox: Any
) -> None:
    end = timezone.now() + 40 * DAY
    pigeon.endings = (Ending("ring", end),)
    checked(loft_app)
    hours = range(41 * 24)
    for hour in hours[::6]:
        health.warn_of_expiries(now=end - 40 * DAY + dt.timedelta(hours=hour))
    assert len(mailoutbox) == len(health.WARNINGS)
    assert mailoutbox[0].subject == "Ring of the app Carrier pigeons ends in 30 days or less"
    assert mailoutbox[-1].subject == "Ring of the app Carrier pigeons ends within a day"


def test_a_renewed_token_begins_its_warnings_anew(
    loft_app: App, checked: Any, pigeon: Loft
) -> None:
    now = timezone.now()
    for days in (5, 25):
        pigeon.endings = (Ending("ring", now + days * DAY),)
        checked(loft_app)
        assert health.warn_of_expiries(now=now) == 1


def test_new_credentials_are_checked_at_once(loft_app: App) -> None:
    health.check_due()
    credentials.replace_secrets(app=loft_app, secrets={"loft_key": "another key of the loft"})
    assert health.check_due() == 1


def test_the_dashboard_names_a_broken_app(
    loft_app: App, checked: Any, pigeon: Loft, viewer: Member, client_of: ClientOf
) -> None:
    pigeon.problem = ChannelError(CREDENTIALS)
    checked(loft_app)
    assert "The app Carrier pigeons does not work" in client_of(viewer).get("/").text


def test_an_app_that_is_off_is_not_checked(loft_app: App) -> None:
    services.set_app_state(app=loft_app, state=App.State.OFF)
    assert health.check_due() == 0


def test_a_deleted_app_unsubscribes(
    loft_app: App, pigeon: Loft, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_app(app=loft_app)
    assert pigeon.calls[-1] == "deactivate north"


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.name)
def test_every_outcome_has_a_documented_code_and_words(outcome: Any) -> None:
    assert outcome.code in {7004, 7201, 7202, 7203, 7207}
    assert str(outcome.words).endswith(".")
    assert not (outcome.retryable and outcome.breaks_app)
