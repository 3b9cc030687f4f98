"""How messages to topics and segments end that do not reach everybody."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from imiconnect.apps.models import App
from imiconnect.rtm import segments, topics
from imiconnect.rtm.models import Callback, FanOut, Message, OpenMessage
from imiconnect.rtm.processors import fanout
from imiconnect.sharing.models import Service
from tests.racing import met_by
from tests.rtm.conversations.conftest import URL, drained

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


def outcome_of(intake: Any, answer: Any) -> list[tuple[str, ...]]:
    """Return what the status says of each message of an accepted request."""
    url = f"{URL}/status/{answer.json()['response'][0]['transid']}"
    listed = intake.get(url).json()
    return [tuple(row[name] for name in ("to", "status", "error_code")) for row in listed]


def told() -> list[dict[str, Any]]:
    """Return the receipts that the service gets."""
    bodies = Callback.objects.filter(kind="dr").order_by("id").values_list("body", flat=True)
    return [json.loads(body)["deliveryInfoNotification"] for body in bodies]


def test_a_request_that_expires_half_way_ends_once_for_those_not_reached(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    body = order(destination=[{"topic": ["news"], "correlationid": "c1"}])
    answer = intake.post(URL, json=body)
    fanout.process_due(limit=2)
    late = FanOut.objects.get().expires_at
    while fanout.process_due(limit=2, now=late):
        pass
    assert sorted(outcome_of(intake, answer)) == [
        ("news", "expired", "7208"), ("news", "queued", ""), ("news", "queued", ""),
    ]  # fmt: skip
    done = FanOut.objects.get()
    assert (done.sent, done.missed, done.word) == (2, 3, "expired")
    (receipt,) = told()
    info = receipt["deliveryInfo"]
    assert (info["deliveryStatus"], info["code"]) == ("Un-Delivered", "7208")
    assert (info["destination"], info["destinationType"]) == ("news", "topic")
    assert receipt["correlationid"] == "c1"
    row = Message.objects.get(is_failed=True)
    assert info["additionalInfo"] == {"tid": str(row.pk)}
    assert not OpenMessage.objects.filter(pk=row.pk).exists()


def test_a_request_whose_last_user_was_reached_in_time_does_not_expire(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    """It is known at the next look only that nobody is left, and that may be late."""
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due(limit=5)
    assert FanOut.objects.get().finished_at is None
    fanout.process_due(limit=5, now=FanOut.objects.get().expires_at)
    assert FanOut.objects.get().word == "submitted"
    assert len(outcome_of(intake, answer)) == Message.objects.count() == 5
    assert told() == []


def test_a_request_to_nobody_has_failed(
    service: Service, intake: Any, order: Make, rtm_app: App
) -> None:
    topics.create_topic(app=rtm_app, name="empty")
    answer = intake.post(URL, json=order(destination=[{"topic": ["empty"]}]))
    assert outcome_of(intake, answer) == [("empty", "queued", "")]
    drained()
    assert outcome_of(intake, answer) == [("empty", "failed", "7105")]
    assert [receipt["deliveryInfo"]["Description"] for receipt in told()] == [
        "Nobody was in the topic or segment."
    ]
    assert FanOut.objects.get().word == "failed"


def test_what_an_earlier_version_ended_in_silence_has_a_status(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    row = FanOut.objects.get()
    for moment, words in ((row.accepted_at, "failed"), (row.expires_at, "expired")):
        FanOut.objects.update(finished_at=moment)
        assert [status for _to, status, _code in outcome_of(intake, answer)] == [words]


def test_a_person_sees_that_a_request_to_a_topic_has_expired(
    service: Service, intake: Any, order: Make, news: Any, admin: Any, client: Any
) -> None:
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due(limit=2)
    fanout.process_due(limit=2, now=FanOut.objects.get().expires_at)
    client.force_login(admin.user)
    page = client.get(reverse("rtm:topic", args=[news.pk])).content.decode()
    assert "Expired" in page and "3 users not reached" in page
    transid = answer.json()["response"][0]["transid"]
    log = client.get(reverse("rtm:messages"), {"q": transid, "state": "expired"})
    assert ">news<" in log.content.decode()
    row = Message.objects.get(is_failed=True)
    journey = client.get(reverse("rtm:journey", args=[row.pk])).content.decode()
    assert "Message to news" in journey and "Message expired" in journey


def test_a_topic_that_is_deleted_fails_what_is_on_its_way_to_it(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due(limit=2)
    topics.delete_topic(topic=news)
    drained()
    assert sorted(outcome_of(intake, answer)) == [
        ("news", "failed", "7004"), ("news", "queued", ""), ("news", "queued", ""),
    ]  # fmt: skip
    assert [receipt["deliveryInfo"]["Description"] for receipt in told()] == [
        "The topic or segment was deleted."
    ]
    assert FanOut.objects.get().finished_at


def test_a_topic_that_is_deleted_during_a_batch_waits_for_it_and_fails_the_rest(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    met_by(lambda: fanout.process_due(limit=2), lambda: topics.delete_topic(topic=news))
    assert Message.objects.count() == OpenMessage.objects.count() == 2
    drained()
    assert sorted(outcome_of(intake, answer)) == [
        ("news", "failed", "7004"), ("news", "queued", ""), ("news", "queued", ""),
    ]  # fmt: skip
    assert len(told()) == 1


def test_a_batch_that_begins_while_its_topic_is_deleted_writes_nothing(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    met_by(lambda: topics.delete_topic(topic=news), lambda: fanout.process_due(limit=2))
    assert outcome_of(intake, answer) == [("news", "failed", "7004")]
    assert (FanOut.objects.get().sent, len(told())) == (0, 1)


def test_a_topic_that_is_deleted_does_not_let_in_those_it_kept_out(
    service: Service, intake: Any, order: Make, news: Any, rtm_app: App
) -> None:
    sport = topics.create_topic(app=rtm_app, name="sport")
    topics.subscribe(topic=sport, user_ids=["b", "z"])
    answer = intake.post(URL, json=order(destination=[{"topic": ["sport - news"]}]))
    topics.delete_topic(topic=news)
    drained()
    assert outcome_of(intake, answer) == [("sport - news", "failed", "7004")]


def test_a_segment_that_is_deleted_fails_what_is_on_its_way_to_it(
    service: Service, intake: Any, order: Make, rtm_app: App
) -> None:
    vip = segments.create_segment(app=rtm_app, name="vip", user_ids=["a"])
    answer = intake.post(URL, json=order(destination=[{"segment": ["vip"]}]))
    segments.delete_segment(segment=vip)
    drained()
    assert outcome_of(intake, answer) == [("vip", "failed", "7004")]
