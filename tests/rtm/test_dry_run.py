"""Replaying a past day against another policy of retries and expiry."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.identity import first_uuid7_at, uuid7
from imiconnect.rtm import dry_run
from imiconnect.rtm.dry_run import Past, Replay, replay, replayed
from imiconnect.rtm.models import Attempt, Message
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
OLD = Policy(retry_count=2, retry_interval_seconds=60, expiry_seconds=3600)


def seconds(count: float) -> dt.datetime:
    """Return the moment so many seconds after noon."""
    return NOON + dt.timedelta(seconds=count)


def past(*tries: tuple[float, bool], state: State, delivered: float | None = None) -> Past:
    """Make a message accepted at noon."""
    at = seconds(delivered) if delivered is not None else None
    told = tuple((seconds(moment), good) for moment, good in tries)
    return Past(NOON, seconds(3600), told, state, at)


#: Failed at 0, 60 and 120; another message shows that the broker was back at 300.
LOST = past((0, False), (60, False), (120, False), state=State.FAILED)
BACK = past((300, True), state=State.DELIVERED, delivered=301)


def outcomes(found: Replay) -> dict[str, tuple[int, int]]:
    """Return the counts as a table."""
    return {name: (was, would_be) for name, was, would_be in found.rows}


def test_the_same_policy_changes_nothing() -> None:
    found = replayed([LOST, BACK], OLD, OLD)
    assert found.extra_sends == 0
    assert outcomes(found) == {"delivered": (1, 1), "failed": (1, 1)}


def test_more_retries_reach_the_time_when_the_broker_was_back() -> None:
    new = Policy(retry_count=5, retry_interval_seconds=60, expiry_seconds=3600)
    found = replayed([LOST, BACK], OLD, new)
    assert (found.was.sends, found.would_be.sends) == (4, 6)
    assert outcomes(found) == {"delivered": (1, 1), "failed": (1, 0), "unknown": (0, 1)}


def test_fewer_retries_give_up_what_a_later_one_saved() -> None:
    saved = past((0, False), (60, False), (120, True), state=State.DELIVERED, delivered=121)
    new = Policy(retry_count=1, retry_interval_seconds=60, expiry_seconds=3600)
    found = replayed([saved], OLD, new)
    assert found.extra_sends == -1
    assert outcomes(found) == {"delivered": (1, 0), "failed": (0, 1)}


def test_a_shorter_expiry_ends_what_was_delivered_late() -> None:
    late = past((0, True), (900, True), state=State.READ, delivered=901)
    new = Policy(retry_count=2, retry_interval_seconds=60, expiry_seconds=600)
    assert outcomes(replayed([late], OLD, new)) == {"delivered": (1, 0), "expired": (0, 1)}


def test_an_expiry_of_the_request_itself_stays() -> None:
    own = Past(NOON, seconds(1800), ((NOON, True),), State.DELIVERED, seconds(1000))
    new = Policy(retry_count=2, retry_interval_seconds=60, expiry_seconds=600)
    assert outcomes(replayed([own], OLD, new)) == {"delivered": (1, 1)}


def test_without_an_inbox_the_day_that_a_message_is_kept_is_no_expiry_of_the_request() -> None:
    old = Policy(retry_count=2, retry_interval_seconds=60, expiry_seconds=3 * 86_400)
    day = NOON + dt.timedelta(days=1)
    late = Past(NOON, day, ((NOON, True),), State.DELIVERED, seconds(900))
    new = Policy(retry_count=2, retry_interval_seconds=60, expiry_seconds=600)
    assert outcomes(replayed([late], old, new)) == {"delivered": (1, 0), "expired": (0, 1)}


def test_what_came_of_pushes_tells_nothing_of_the_broker() -> None:
    pushed = Past(NOON, seconds(3600), ((seconds(300), True),), State.SUBMITTED, channel="push")
    new = Policy(retry_count=5, retry_interval_seconds=60, expiry_seconds=3600)
    found = replayed([LOST, pushed], OLD, new)
    assert outcomes(found) == {"submitted": (1, 1), "failed": (1, 1)}


def test_what_failed_for_good_fails_again() -> None:
    final = past((0, False), state=State.FAILED)
    new = Policy(retry_count=9, retry_interval_seconds=60, expiry_seconds=3600)
    found = replayed([final], OLD, new)
    assert (found.extra_sends, outcomes(found)) == (0, {"failed": (1, 1)})


@given(
    tries=st.lists(st.tuples(st.integers(0, 3000), st.booleans()), max_size=6),
    state=st.sampled_from([State.DELIVERED, State.FAILED, State.EXPIRED, State.SUBMITTED]),
    retries=st.integers(0, 10),
    interval=st.integers(1, 7200),
    expiry=st.integers(1, 7200),
)
def test_every_message_has_one_outcome_and_no_more_tries_than_allowed(
    tries: Any, state: State, retries: int, interval: int, expiry: int
) -> None:
    new = Policy(retry_count=retries, retry_interval_seconds=interval, expiry_seconds=expiry)
    message = past(*sorted(tries), state=state)
    found = replayed([message], OLD, new)
    assert sum(found.would_be.outcomes.values()) == 1
    good = sum(came for _moment, came in message.tries)
    assert found.would_be.sends <= max(retries + 1 + good, len(message.tries))


@pytest.fixture
def yesterday(rtm_app: App, service: Service) -> dt.date:
    """A day on which one message failed after three tries."""
    day = timezone.now() - dt.timedelta(days=1)
    at = day.replace(hour=12, minute=0, second=0, microsecond=0)
    key = first_uuid7_at(at)
    Message.objects.create(
        id=key, transid=key, organization=rtm_app.organization, service=service, app=rtm_app,
        channel="rt", address="u1", state=State.FAILED, created_at=at,
        expires_at=at + dt.timedelta(seconds=3600),
    )  # fmt: skip
    for number in range(3):
        moment = at + dt.timedelta(seconds=60 * number)
        Attempt.objects.create(
            id=first_uuid7_at(moment), message_id=key, organization=rtm_app.organization,
            number=number + 1, route="mqtt", started_at=moment, succeeded=False,
        )  # fmt: skip
    return at.date()


def test_the_page_shows_extra_sends_and_saves_the_policy(
    yesterday: dt.date, rtm_app: App, admin: Member, viewer: Member, client_of: Any
) -> None:
    url, client = f"/apps/{rtm_app.pk}/dry-run/", client_of(admin)
    assert client_of(viewer).get(url).status_code == 403
    assert url in client.get(f"/apps/{rtm_app.pk}/").content.decode()
    asked = {
        "day": str(yesterday), "retry_count": 2, "retry_interval_seconds": 30,
        "expiry_seconds": 45,
    }  # fmt: skip
    replay = client.post(url, asked)
    assert "1 send fewer" in replay.content.decode()
    assert outcomes(replay.context["replay"]) == {"failed": (1, 0), "expired": (0, 1)}
    assert policy_of(App.objects.get(pk=rtm_app.pk)).expiry_seconds == 3600
    wrong = client.post(url, asked | {"retry_count": 11})
    assert wrong.status_code == 422
    saved = client.post(url, asked | {"save": "yes"})
    assert saved.headers["Location"] == f"/apps/{rtm_app.pk}/"
    changed = policy_of(App.objects.get(pk=rtm_app.pk))
    assert (changed.expiry_seconds, changed.client_key_as_password) == (45, True)


def test_a_push_of_its_own_is_replayed_by_its_tries(yesterday: dt.date, rtm_app: App) -> None:
    Message.objects.update(channel="push")
    Attempt.objects.update(route="push")
    found = replay(rtm_app, yesterday, policy_of(rtm_app))
    assert (found.was.sends, found.would_be.sends) == (3, 3)


def test_of_a_day_with_too_many_messages_the_last_are_replayed_and_it_says_so(
    yesterday: dt.date, rtm_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = policy_of(rtm_app)
    assert not replay(rtm_app, yesterday, policy).is_part
    monkeypatch.setattr(dry_run, "MOST", 0)
    found = replay(rtm_app, yesterday, policy)
    assert (found.messages, found.is_part) == (0, True)


def test_the_messages_of_another_day_or_app_are_not_replayed(
    yesterday: dt.date, rtm_app: App
) -> None:
    policy = policy_of(rtm_app)
    other = App.objects.create(
        organization=rtm_app.organization, app_id="NB87654321", name="Shop",
        channel_type="mobile_web", policy=rtm_app.policy,
    )  # fmt: skip
    assert replay(rtm_app, yesterday, policy).messages == 1
    assert replay(rtm_app, yesterday - dt.timedelta(days=1), policy).messages == 0
    assert replay(other, yesterday, policy).messages == 0


def test_the_notification_beside_a_message_is_no_try_of_it(
    yesterday: dt.date, rtm_app: App
) -> None:
    policy = policy_of(rtm_app)
    before = replay(rtm_app, yesterday, policy)
    for message in Message.objects.filter(app=rtm_app):
        Attempt.objects.create(
            id=uuid7(), message_id=message.pk, organization_id=message.organization_id,
            number=1, route="push", started_at=message.created_at, succeeded=False, code=7202,
        )  # fmt: skip
    assert replay(rtm_app, yesterday, policy) == before
