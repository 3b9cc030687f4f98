"""Messages to topics and segments: accepted once, written for each user in batches."""

from collections.abc import Callable
from typing import Any

import pytest

from imiconnect.apps.models import App
from imiconnect.rtm import segments, topics
from imiconnect.rtm.models import (
    Callback,
    Device,
    FanOut,
    Message,
    OpenMessage,
    Segment,
    Subscription,
    Thread,
)
from imiconnect.rtm.processors import fanout, mo, mt
from imiconnect.sharing.models import Allocation, Service
from tests.rtm.conversations.conftest import URL, drained, say
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]


def code_of(response: Any) -> str:
    return str(response.json()["response"][0]["code"])


def test_every_subscriber_gets_one_message_in_the_topics_thread(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    response = intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    assert code_of(response) == "1001"
    assert Message.objects.count() == 0
    assert drained() == 3
    rows = Message.objects.order_by("address")
    assert [row.address for row in rows] == list("abcde")
    assert {row.transid for row in rows} == {FanOut.objects.get().transid}
    thread = Thread.objects.get()
    assert {row.thread_id for row in rows} == {thread.pk}
    assert (thread.topic, thread.user_id) == (news, "")
    assert rows[0].payload["topic"] == "news"
    assert OpenMessage.objects.count() == 5


def test_a_fan_out_goes_on_where_a_crash_has_left_it(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due(limit=2)
    assert FanOut.objects.get().after == "b"
    drained()
    assert Message.objects.count() == 5
    done = FanOut.objects.get()
    assert done.sent == 5 and done.finished_at


def test_an_announcement_may_go_to_a_topic_in_one_thread(
    service: Service, intake: Any, order: Make, news: Any, rtm_app: App
) -> None:
    thread = Thread.objects.create(app=rtm_app, topic=news, type="Announcement", title="Hello")
    body = order(destination=[{"topic": ["news"]}], thread=str(thread.pk))
    assert code_of(intake.post(URL, json=body)) == "1001"
    drained()
    assert set(Message.objects.values_list("thread", flat=True)) == {thread.pk}
    single = order(destination=[{"userid": ["a"]}], thread=str(thread.pk))
    assert code_of(intake.post(URL, json=single)) == "7004"


def test_an_expression_reaches_its_users_in_their_own_threads(
    service: Service, intake: Any, order: Make, news: Any, rtm_app: App
) -> None:
    sport = topics.create_topic(app=rtm_app, name="sport")
    topics.subscribe(topic=sport, user_ids="def")
    segments.create_segment(app=rtm_app, name="vip", user_ids=["a", "x"])
    body = order(destination=[{"topic": ["news & sport"]}, {"segment": ["vip"]}])
    assert len(intake.post(URL, json=body).json()["response"]) == 2
    drained()
    found = Message.objects.values_list("address", "address_type", "thread__user_id")
    assert sorted(found) == [
        ("a", "segment", "a"), ("d", "topic", "d"), ("e", "topic", "e"), ("x", "segment", "x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "destination", [{"topic": ["weather"]}, {"segment": ["vip"]}, {"topic": ["news |"]}]
)
def test_a_name_that_is_not_there_is_refused(
    service: Service, intake: Any, order: Make, news: Any, destination: Any
) -> None:
    assert code_of(intake.post(URL, json=order(destination=[destination]))) == "7004"
    assert not FanOut.objects.exists()


def test_a_segment_beyond_todays_limits_is_refused_in_a_sentence(
    service: Service, intake: Any, order: Make, news: Any, rtm_app: App
) -> None:
    """It was stored when complements were not counted."""
    Segment.objects.create(app=rtm_app, name="deep", criteria="!" * 41 + "news")
    response = intake.post(URL, json=order(destination=[{"segment": ["deep"]}]))
    assert code_of(response) == "7004"
    assert "segment “deep” cannot be used" in response.text
    assert "over 40 complements" in response.text
    assert not FanOut.objects.exists()


def test_complements_on_either_side_of_a_segment_reach_its_users(
    service: Service, intake: Any, order: Make, news: Any, rtm_app: App
) -> None:
    for user in "abf":
        Device.objects.create(app=rtm_app, user_id=user, device_id="d")
    segments.create_segment(app=rtm_app, name="deep", criteria="news" + "'" * 40)
    named = ["deep" + "'" * 40]
    assert code_of(intake.post(URL, json=order(destination=[{"segment": named}]))) == "1001"
    drained(limit=100)
    assert set(Message.objects.values_list("address", flat=True)) == {"a", "b"}


def test_the_status_tells_of_a_request_whose_fan_out_is_to_come(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}])).json()
    url = f"{URL}/status/{answer['response'][0]['transid']}"
    assert [(row["to"], row["status"]) for row in intake.get(url).json()] == [
        ("news", "queued")
    ]
    drained()
    assert len(intake.get(url).json()) == 5


def test_subscribers_get_it_on_their_topics_of_the_broker(
    service: Service, intake: Any, order: Make, news: Any, subscriber: Any
) -> None:
    inbox = subscriber("NB12345678/c")
    intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    drained()
    mt.process_due()
    got = inbox.get(timeout=PATIENCE)
    assert (got["topic"], got["userId"], got["thread"]["type"]) == ("news", "c", "Conversation")
    assert got["groupTid"] == str(FanOut.objects.get().transid)


def test_what_a_subscriber_says_reaches_the_service_and_the_others(
    service: Service, intake: Any, news: Any, rtm_app: App
) -> None:
    Device.objects.create(app=rtm_app, user_id="b", device_id="d")
    assert say(intake, "b", topic="news").json()["code"] == "0"
    mo.process_due()
    drained()
    said = Message.objects.get(direction=1)
    assert said.payload["topic"] == "news" and said.thread.topic == news
    others = Message.objects.filter(direction=0)
    assert sorted(others.values_list("address", flat=True)) == list("acde")
    assert {row.payload["senderId"] for row in others} == {"b"}
    assert '"replyTo":"news"' in Callback.objects.get().body


@pytest.mark.parametrize(
    ("user", "access", "status", "code"),
    [("b", "Read", 403, "62"), ("z", "ReadWrite", 403, "62"), ("b", "Write", 200, "0")],
)
def test_who_may_not_write_to_a_topic_is_refused(
    service: Service, intake: Any, news: Any, rtm_app: App, user: str, access: str,
    status: int, code: str,
) -> None:  # fmt: skip
    Device.objects.create(app=rtm_app, user_id=user, device_id="d")
    topics.update_topic(topic=news, access=access)
    answer = say(intake, user, topic="news")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert say(intake, user, topic="weather").json()["code"] == "5"


def test_nobody_replies_to_an_announcement(service: Service, intake: Any, rtm_app: App) -> None:
    from imiconnect.rtm.models import Inbound

    Device.objects.create(app=rtm_app, user_id="b", device_id="d")
    thread = Thread.objects.create(
        app=rtm_app, user_id="b", type="Announcement", status="Closed"
    )
    answer = say(intake, "b", thread={"id": str(thread.pk)})
    assert (answer.status_code, answer.json()["code"]) == (403, "62")
    # Over MQTT it cannot be refused: it is logged with its reason, and nobody hears of it.
    body = {"message": "Hi", "thread": {"id": str(thread.pk)}}
    Inbound.objects.create(app_id=rtm_app.pk, address="b", body=body)
    mo.process_due()
    logged = Message.objects.get()
    assert (logged.code, logged.thread_id) == (7004, thread.pk)
    assert not Callback.objects.exists()
    thread.refresh_from_db()
    assert thread.status == "Closed"


def test_a_thread_in_a_stream_goes_to_the_service_that_uses_it(
    service: Service, intake: Any, rtm_app: App, admin: Any
) -> None:
    from imiconnect.rtm.streams import create_stream, use_stream

    second = Service.objects.create(organization=service.organization, name="Cards")
    Allocation.objects.create(service=second, app=rtm_app, channel="rt")
    use_stream(service=second, stream=create_stream(member=admin, name="Cards"))
    Device.objects.create(app=rtm_app, user_id="b", device_id="d")
    card = Thread.objects.create(app=rtm_app, user_id="b", stream=second.stream_use.stream)
    account = Thread.objects.create(app=rtm_app, user_id="b", service=service)
    for thread in (card, account):
        say(intake, "b", thread={"id": str(thread.pk)})
    mo.process_due()
    found = dict(Message.objects.values_list("thread", "service"))
    assert found == {card.pk: second.pk, account.pk: service.pk}


def test_a_new_subscriber_whose_turn_is_to_come_is_reached(
    service: Service, intake: Any, order: Make, news: Any
) -> None:
    intake.post(URL, json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due(limit=2)
    topics.subscribe(topic=news, user_ids=["aa", "z"])
    drained()
    assert Subscription.objects.count() == 7
    assert set(Message.objects.values_list("address", flat=True)) == {*"abcde", "z"}


def test_fan_outs_and_organizations_take_turns(
    service: Service, intake: Any, order: Make, news: Any, other_news: FanOut
) -> None:
    """A great announcement holds up neither another one nor another organization's."""
    answers = [intake.post(URL, json=order(destination=[{"topic": ["news"]}])) for _ in "12"]
    assert {code_of(answer) for answer in answers} == {"1001"}
    keys = [row.pk for row in FanOut.objects.filter(service=service).order_by("id")]
    names = {keys[0]: "first", keys[1]: "second", other_news.pk: "other"}
    taken = []
    for _ in range(6):
        before = dict(FanOut.objects.values_list("pk", "sent"))
        fanout.process_due(limit=1)
        after = FanOut.objects.values_list("pk", "sent")
        taken += [names[key] for key, sent in after if sent != before[key]]
    assert taken == ["other", "first", "other", "second", "other", "first"]


@pytest.mark.parametrize(
    ("seconds", "has_inbox", "kept"),
    [(3600, True, 3600), (3 * 86400, True, 3 * 86400), (3 * 86400, False, 86400)],
)
def test_what_is_said_to_a_topic_expires_as_the_app_says(
    service: Service, intake: Any, news: Any, rtm_app: App, seconds: int, kept: int,
    *, has_inbox: bool,
) -> None:  # fmt: skip
    rtm_app.policy = rtm_app.policy | {"expiry_seconds": seconds, "server_inbox": has_inbox}
    rtm_app.save()
    Device.objects.create(app=rtm_app, user_id="b", device_id="d")
    say(intake, "b", topic="news")
    mo.process_due()
    row = FanOut.objects.get()
    assert (row.expires_at - row.accepted_at).total_seconds() == kept


def test_what_no_service_hears_reaches_the_others_of_the_topic(
    service: Service, intake: Any, news: Any, rtm_app: App, subscriber: Any
) -> None:
    Allocation.objects.all().delete()
    Device.objects.create(app=rtm_app, user_id="b", device_id="d")
    inbox = subscriber("NB12345678/c")
    say(intake, "b", topic="news")
    mo.process_due()
    drained()
    mt.process_due()
    assert inbox.get(timeout=PATIENCE)["senderId"] == "b"
    sent = Message.objects.filter(direction=0)
    assert set(sent.values_list("service", "code")) == {(None, 7501)}


def test_what_no_service_hears_stays_while_the_app_is_off(
    service: Service, intake: Any, news: Any, rtm_app: App
) -> None:
    Allocation.objects.all().delete()
    Device.objects.create(app=rtm_app, user_id="b", device_id="d")
    say(intake, "b", topic="news")
    mo.process_due()
    drained()
    App.objects.update(state=App.State.OFF)
    mt.process_due()
    assert set(Message.objects.filter(direction=0).values_list("code", flat=True)) == {7018}
