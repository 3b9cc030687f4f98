"""Deleting a topic: gone at once for everybody, its subscriptions in batches behind."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from imiconnect.apps.models import App
from imiconnect.locks import Gone
from imiconnect.rtm import audience, topics
from imiconnect.rtm.models import Message, Subscription, Thread, Topic
from imiconnect.rtm.processors import mo
from imiconnect.rtm.tasks import delete_topics, keep_house
from imiconnect.sharing.models import Service
from tests.rtm.conversations.conftest import URL, Call, say
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_deleted_topic_is_gone_before_its_subscriptions_are(
    server: Call, as_user: Any, news: Topic, rtm_app: App
) -> None:
    Thread.objects.create(app=rtm_app, topic=news)
    assert server("DELETE", "topics/news").json()["code"] == "0"
    assert Subscription.objects.count() == 5
    assert server("GET", "topics/news").status_code == 404
    assert server("GET", f"topics/{news.pk}").status_code == 404
    assert server("DELETE", f"topics/{news.pk}").status_code == 404
    assert server("GET", "topics").json()["total"] == 0
    assert as_user("a")("GET", "user/a/topics").json()["total"] == 0
    assert as_user("a")("GET", "user/a/threads").json()["total"] == 0
    assert delete_topics() == 5
    assert not Subscription.objects.exists()
    assert not Topic.every.exists()


def test_nobody_sends_subscribes_or_writes_to_a_topic_that_is_being_deleted(
    service: Service, intake: Any, order: Any, news: Topic, rtm_app: App
) -> None:
    topics.delete_topic(topic=news)
    answer = intake.post(URL, json=order(destination=[{"topic": ["news"]}])).json()
    assert answer["response"][0]["code"] == "7004"
    for change in (
        lambda: topics.subscribe(topic=news, user_ids=["z"]),
        lambda: topics.update_topic(topic=news, title="News"),
        lambda: topics.delete_topic(topic=news),
    ):
        with pytest.raises(Gone):
            change()
    with pytest.raises(audience.NoSuchName):
        audience.plan_of_topics(rtm_app.pk, "news")
    say(intake, "a", topic="news")
    mo.process_due()
    assert not Message.objects.filter(code=0).exists()


def test_a_name_is_free_while_the_topic_before_is_being_deleted(
    server: Call, news: Topic
) -> None:
    topics.delete_topic(topic=news)
    assert server("POST", "topics", {"name": "News"}).json()["code"] == "0"
    assert server("POST", "topics/news/users", ["b", "f"]).json()["count"] == 2
    delete_topics()
    assert server("GET", "topics/news/users").json()["users"] == ["b", "f"]


def test_a_deletion_whose_program_dies_half_way_is_finished_by_the_next(news: Topic) -> None:
    topics.delete_topic(topic=news)
    last = Subscription.objects.order_by("id").last()
    killed: list[OperationalError] = []
    pids: list[int] = []

    def die() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.append(cursor.fetchone()[0])
        try:
            topics.finish_deletions(limit=2)
        except OperationalError as error:
            killed.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():
        Subscription.objects.select_for_update().get(pk=last.pk)
        worker = threading.Thread(target=die)
        worker.start()
        wait_until(lambda: Subscription.objects.count() == 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", pids)
        worker.join(PATIENCE)
    assert killed
    assert (Subscription.objects.count(), Topic.every.count()) == (1, 1)
    keep_house()
    assert (Subscription.objects.count(), Topic.every.count()) == (0, 0)
