"""Topics and segments over the RTMS API and in the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm import segments, topics
from imiconnect.rtm.audience import count, plan_of_segments, plan_of_topics
from imiconnect.rtm.intake.limits import RateLimit
from imiconnect.rtm.models import Device, Segment, Subscription, Topic
from imiconnect.rtm.protocol.expressions import WrongExpression
from imiconnect.rtm.rest import base
from tests.factories import client_of

pytestmark = pytest.mark.django_db

Call = Callable[..., Any]


def test_a_server_makes_lists_changes_and_deletes_a_topic(server: Call) -> None:
    made = server("POST", "topics", {"name": "news", "ref": "News", "topic_group": "Daily"})
    assert made.json()["code"] == "0"
    key = made.json()["id"]
    assert server("POST", "topics", {"name": "News"}).json()["code"] == "2"
    changed = server("PUT", f"topics/{key}", {"access_level": "Read"}).json()["topic"]
    assert (changed["access_level"], changed["ref"]) == ("Read", "News")
    listed = server("GET", "topics").json()
    assert (listed["total"], listed["topics"][0]["name"]) == (1, "news")
    assert server("DELETE", "topics/news").json()["code"] == "0"
    assert server("GET", f"topics/{key}").status_code == 404


def test_a_device_makes_no_topic(as_user: Callable[[str], Call]) -> None:
    answer = as_user("ana")("POST", "topics", {"name": "news"})
    assert (answer.status_code, answer.json()["code"]) == (401, "39")


def test_a_user_subscribes_themselves_alone(
    as_user: Callable[[str], Call], strict_app: App
) -> None:
    topics.create_topic(app=strict_app, name="news")
    ana = as_user("ana")
    as_user("ben")
    assert ana("POST", "topics/news/users", ["ana"]).json()["count"] == 1
    assert ana("POST", "topics/news/users", ["ana"]).json()["count"] == 0
    assert ana("POST", "topics/news/users", ["ben"]).status_code == 401
    assert ana("POST", "topics/news/users", ["ana", "ben"]).status_code == 401
    topics.subscribe(topic=Topic.objects.get(), user_ids=["ben"])
    assert ana("DELETE", "topics/news/users/ben").status_code == 401
    assert ana("GET", "topics/news/users/ben").status_code == 401
    assert ana("GET", "topics/news/users").status_code == 401
    assert Subscription.objects.filter(user_id="ben").exists()
    listed = ana("GET", "user/ana/topics", subscribed="both").json()["topics"]
    assert [topic["subscribed"] for topic in listed] == [True]
    assert ana("GET", "topics/news/users/ana").json()["subscribed"]
    assert ana("DELETE", "topics/news/users/ana").json()["count"] == 1
    assert ana("GET", "user/ana/topics", subscribed="true").json()["topics"] == []


def test_a_server_subscribes_many_and_reads_who_is(server: Call, strict_app: App) -> None:
    topics.create_topic(app=strict_app, name="news")
    users = [f"u{number}" for number in range(5)]
    assert server("POST", "topics/news/users", users).json()["count"] == 5
    listed = server("GET", "topics/news/users", start=1, limit=2).json()
    assert (listed["total"], listed["users"]) == (5, ["u1", "u2"])


@pytest.mark.parametrize("name", ["", "two words", "a|b", "-a", "x" * 101])
def test_a_name_must_be_a_word_of_an_expression(rtm_app: App, name: str) -> None:
    with pytest.raises(ValidationError):
        topics.create_topic(app=rtm_app, name=name)


@pytest.fixture
def people(rtm_app: App) -> App:
    """Users a to e are registered; a, b, c read news, c and d read sport."""
    for user in "abcde":
        Device.objects.create(app=rtm_app, user_id=user, device_id="d")
    news = topics.create_topic(app=rtm_app, name="news")
    sport = topics.create_topic(app=rtm_app, name="sport")
    topics.subscribe(topic=news, user_ids="abc")
    topics.subscribe(topic=sport, user_ids="cd")
    return rtm_app


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("news", 3),
        ("NEWS", 3),
        ("news || sport", 4),
        ("news & sport", 1),
        ("news - sport", 2),
        ("news'", 2),
        ("!(news | sport)", 1),
    ],
)
def test_an_expression_over_topics_has_its_users(people: App, text: str, size: int) -> None:
    assert count(plan_of_topics(people.pk, text), people.pk) == size


def test_segments_are_lists_or_expressions_and_are_combined(people: App) -> None:
    segments.create_segment(app=people, name="readers", criteria="news | sport")
    segments.create_segment(app=people, name="vip", user_ids=["c", "e"])
    assert count(plan_of_segments(people.pk, "readers & vip"), people.pk) == 1
    assert count(plan_of_segments(people.pk, "readers | vip"), people.pk) == 5


def test_a_segment_is_one_of_the_two_and_names_topics_that_exist(people: App) -> None:
    with pytest.raises(ValidationError, match="not both"):
        segments.create_segment(app=people, name="x", criteria="news", user_ids=["a"])
    with pytest.raises(ValidationError, match="no topic “weather”"):
        segments.create_segment(app=people, name="x", criteria="news - weather")


def test_a_segment_of_too_many_complements_is_not_stored(people: App) -> None:
    criteria = "news" + "'" * 41
    with pytest.raises(ValidationError, match="over 40 complements"):
        segments.create_segment(app=people, name="x", criteria=criteria)
    kept = segments.create_segment(app=people, name="x", criteria="news")
    with pytest.raises(ValidationError, match="over 40 complements"):
        segments.update_segment(segment=kept, criteria=criteria)


def test_a_segment_beyond_todays_limits_is_shown_with_its_problem(
    server: Call, people: App, admin: Member
) -> None:
    old = Segment.objects.create(app=people, name="deep", criteria="!" * 41 + "news")
    assert server("GET", "segments/deep").json()["segment"]["user_count"] == 0
    client = client_of(admin)
    assert client.get(f"/api/v1/segments/{old.pk}/").json()["users"] == 0
    page = client.get(f"/customers/segments/{old.pk}/")
    assert "over 40 complements" in page.text
    with pytest.raises(WrongExpression, match="segment “deep” cannot be used"):
        plan_of_segments(people.pk, "deep")


def test_a_server_makes_changes_and_deletes_a_segment(server: Call, people: App) -> None:
    made = server("POST", "segments", {"name": "readers", "criteria": "news | sport"}).json()
    assert (made["code"], made["segment"]["user_count"]) == ("0", 4)
    changed = server("PUT", f"segments/{made['id']}", {"criteria": "news"}).json()
    assert changed["segment"]["user_count"] == 3
    assert server("GET", "segments").json()["total"] == 1
    assert server("DELETE", "segments/readers").json()["code"] == "0"
    assert server("GET", "segments/readers").status_code == 404


def test_the_topics_of_another_app_are_not_there(server: Call, outsider: Any) -> None:
    other = App.objects.create(
        organization=outsider.organization, app_id="ZZ12345678", channel_type="mobile_web"
    )
    foreign = topics.create_topic(app=other, name="secret")
    assert server("GET", f"topics/{foreign.pk}").status_code == 404
    assert server("DELETE", "topics/secret").status_code == 404
    assert Topic.objects.filter(pk=foreign.pk).exists()


def test_a_topic_is_made_filled_and_deleted_on_its_pages(
    client: Any, admin: Any, rtm_app: App
) -> None:
    client.force_login(admin.user)
    assert "No topics yet" in client.get("/customers/topics/").content.decode()
    body = {"app": str(rtm_app.pk), "name": "two words", "access": "ReadWrite"}
    assert client.post("/customers/topics/new/", body).status_code == 422
    page = client.post("/customers/topics/new/", body | {"name": "news"}).headers["Location"]
    client.post(page, {"card": "subscribe", "user_ids": "ana\nben\n"})
    assert "ben" in client.get(page).content.decode()
    client.post(f"{page}unsubscribe/", {"user": "ben"})
    topic = Topic.objects.get()
    assert list(topic.subscriptions.values_list("user_id", flat=True)) == ["ana"]
    client.post(f"{page}delete/", {"name": "news"})
    assert not Topic.objects.exists()


def test_a_segment_is_made_changed_and_deleted_on_its_pages(
    client: Any, admin: Any, people: App
) -> None:
    client.force_login(admin.user)
    body = {"app": str(people.pk), "name": "readers", "criteria": "news - weather"}
    assert client.post("/customers/segments/new/", body).status_code == 422
    made = client.post("/customers/segments/new/", body | {"criteria": "news | sport"})
    page = made.headers["Location"]
    assert "<dd>4</dd>" in client.get(page).content.decode()
    client.post(page, {"card": "change", "name": "vip", "user_ids": "c\ne"})
    assert "<dd>2</dd>" in client.get(page).content.decode()
    client.post(f"{page}delete/", {})
    assert "No segments yet" in client.get("/customers/segments/").content.decode()


def test_the_topics_of_an_app_and_their_size_are_for_servers(
    strict_app: App, server: Call, as_user: Any
) -> None:
    topics.create_topic(app=strict_app, name="news")
    ana = as_user("ana")
    assert [ana("GET", path).status_code for path in ("topics", "topics/news")] == [401, 401]
    assert server("GET", "topics/news").json()["topic"]["name"] == "news"


def test_a_device_that_calls_in_a_loop_is_told_to_wait(
    strict_app: App, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_DEVICE_CALLS", RateLimit(per_second=1))
    ana, ben = as_user("ana"), as_user("ben")
    answers = [ana("GET", "user/ana/topics") for _number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "1"
    assert answers[2].json()["description"] == "Too many requests. Try again in 1 s."
    assert ben("GET", "user/ben/topics").status_code == 200


@pytest.mark.parametrize("kind", ["topics", "segments"])
def test_a_name_that_nothing_can_have_is_not_found(server: Call, kind: str) -> None:
    assert server("GET", f"{kind}/%00").status_code == 404
    assert server("DELETE", f"{kind}/a%00b").status_code == 404


def test_how_many_read_a_topic_is_told_to_servers_alone(
    server: Call, as_user: Any, people: App
) -> None:
    topics.create_topic(app=people, name="empty")
    listed = server("GET", "topics").json()["topics"]
    found = {topic["name"]: topic["subscriber_count"] for topic in listed}
    assert found == {"empty": 0, "news": 3, "sport": 2}
    told = as_user("ana")("GET", "user/ana/topics").json()["topics"]
    assert not any("subscriber_count" in topic for topic in told)
