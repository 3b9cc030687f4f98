"""The circuit breaker: an outage slows one app, and ends when the provider answers."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.breaker import FIRST_PAUSE, LONGEST_PAUSE, OPENS_AFTER, guarded
from imiconnect.rtm.models import Breaker
from imiconnect.rtm.outcomes import (
    BROKEN,
    BROKER_AWAY,
    Dispatched,
    Failed,
    Outcome,
    Postponed,
    RetryAt,
)
from imiconnect.rtm.processors.claims import Claim
from imiconnect.rtm.routes import Parcel

DOWN, UP = RetryAt(BROKER_AWAY), Dispatched()


class Provider:
    """A route whose provider answers as told, app by app, and counts what it is asked."""

    def __init__(self) -> None:
        self.answers: dict[uuid.UUID, Outcome] = {}
        self.asked: list[uuid.UUID] = []

    def __call__(self, parcels: list[Parcel]) -> list[Outcome]:
        self.asked += [parcel.claim.app_id for parcel in parcels]
        return [self.answers[parcel.claim.app_id] for parcel in parcels]


@pytest.fixture
def provider() -> Provider:
    """A provider."""
    return Provider()


@pytest.fixture
def send(provider: Provider) -> Callable[..., list[Outcome]]:
    """Send a number of messages of an app through the breaker."""
    route = guarded(provider)

    def sent(app: App, count: int = 1) -> list[Outcome]:
        now = timezone.now()
        claims = [Claim(uuid7(), app.pk, "a", now, now, 0) for _number in range(count)]
        empty: Any = None
        return route([Parcel(c, empty, empty, None, {}, now, "", True) for c in claims])

    return sent


def past_the_pause(app: App) -> None:
    """Let the time of the breaker pass."""
    Breaker.objects.filter(app=app).update(retry_at=timezone.now() - dt.timedelta(seconds=1))


@pytest.fixture
def open_breaker(rtm_app: App, provider: Provider, send: Any) -> App:
    """An app whose provider has failed often enough."""
    provider.answers[rtm_app.pk] = DOWN
    assert send(rtm_app, OPENS_AFTER) == [DOWN] * OPENS_AFTER
    provider.asked.clear()
    return rtm_app


def test_an_open_breaker_asks_nobody_and_fails_nothing(
    open_breaker: App, provider: Provider, send: Any
) -> None:
    outcomes = send(open_breaker, 3)
    assert all(isinstance(outcome, Postponed) for outcome in outcomes)
    assert 0 < outcomes[0].after <= FIRST_PAUSE
    assert provider.asked == []


def test_another_app_is_not_slowed(
    open_breaker: App, provider: Provider, send: Any, organization: Any
) -> None:
    other = App.objects.create(
        organization=organization, app_id="OT12345678", name="Other", channel_type="mobile_web"
    )
    provider.answers[other.pk] = UP
    assert send(other, 2) == [UP, UP]


def test_after_the_pause_one_message_tries_and_an_answer_closes(
    open_breaker: App, provider: Provider, send: Any
) -> None:
    past_the_pause(open_breaker)
    provider.answers[open_breaker.pk] = UP
    first, *others = send(open_breaker, 3)
    assert first == UP
    assert all(isinstance(outcome, Postponed) for outcome in others)
    assert not Breaker.objects.exists()
    assert send(open_breaker, 3) == [UP] * 3


def test_each_failed_try_doubles_the_pause_up_to_a_limit(
    open_breaker: App, provider: Provider, send: Any
) -> None:
    pauses = []
    for _try in range(7):
        past_the_pause(open_breaker)
        now = timezone.now()
        assert send(open_breaker) == [DOWN]
        retry_at = Breaker.objects.get().retry_at
        assert retry_at is not None
        pauses.append(round((retry_at - now).total_seconds()))
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert pauses[-1] == LONGEST_PAUSE
    assert len(provider.asked) == 7


@pytest.mark.parametrize("answer", [UP, Failed(BROKEN), RetryAt(BROKER_AWAY, after=60)])
def test_an_answer_between_keeps_it_closed(
    rtm_app: App, provider: Provider, send: Any, answer: Outcome
) -> None:
    for outcome in [DOWN] * (OPENS_AFTER - 1) + [answer] + [DOWN] * (OPENS_AFTER - 1):
        provider.answers[rtm_app.pk] = outcome
        assert send(rtm_app) == [outcome]
