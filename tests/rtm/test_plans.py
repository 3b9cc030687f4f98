"""The statements of a drain are parsed and planned once."""

from typing import Any

import pytest
from django.db import connection

from imiconnect.apps.models import App
from imiconnect.rtm import topics
from imiconnect.rtm.audience import TOPICS
from imiconnect.rtm.intake.places import _PLACES
from imiconnect.rtm.models import Thread
from imiconnect.rtm.rest.threads import _shown_to
from imiconnect.rtm.sql import cursor, keeping_plans, redoable, together
from imiconnect.rtm.threads import threads_of, unread_of

pytestmark = pytest.mark.django_db(transaction=True)

_ROWS = "SELECT * FROM unnest(%b::int4[])"


def kept() -> list[tuple[Any, ...]]:
    """Return the statements of the session and how often a plan for any parameters served."""
    with connection.cursor() as own:
        own.execute("SELECT statement, generic_plans FROM pg_prepared_statements")
        return own.fetchall()


def ask(rows: int) -> None:
    """Execute a statement with so many rows."""
    with cursor() as own:
        own.execute(_ROWS, [list(range(rows))])
        assert len(own.fetchall()) == rows


def test_a_plan_serves_batches_of_any_size() -> None:
    with keeping_plans():
        ask(3)
        ask(500)
        [(statement, times)] = kept()
    assert "unnest" in statement and times == 2


def test_statements_that_go_together_keep_their_plans_too() -> None:
    with keeping_plans():
        asked = [together((_ROWS, [[1, 2]]), (_ROWS, [[3]])) for _time in range(2)]
        assert sum(times for _statement, times in kept()) == 4
    assert asked[1] == [[(1,), (2,)], [(3,)]]


def test_a_session_is_as_before_when_the_drain_has_ended() -> None:
    with keeping_plans():
        ask(3)
    ask(3)
    with connection.cursor() as own:
        own.execute(
            "SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')"
        )
        assert own.fetchone() == ("auto", "on")
    assert kept() == []


def test_the_next_drain_makes_its_plans_anew() -> None:
    for rows in (0, 3, 4):
        with keeping_plans():
            if rows:
                ask(rows)
                [(_statement, times)] = kept()
                assert times == 1


def test_nothing_is_kept_behind_a_pooler(settings: Any) -> None:
    settings.DATABASE_IS_POOLED = True
    with redoable(), keeping_plans():
        ask(3)
        with connection.cursor() as own:
            own.execute("SELECT current_setting('enable_seqscan')")
            assert own.fetchone() == ("on",)
        assert kept() == []


@pytest.fixture
def news(rtm_app: App) -> Thread:
    """The thread of a topic; such a one has as many messages as the topic has subscribers."""
    topic = topics.create_topic(app=rtm_app, name="news")
    row: Thread = Thread.objects.create(app=rtm_app, topic=topic)
    return row


def plan_of(statement: Any, *parameters: Any) -> str:
    """Return how a statement finds its rows where tables are not read from end to end."""
    with cursor() as own:
        own.execute("SET enable_seqscan = off")
        own.execute("SET enable_bitmapscan = off")
        own.format = 0
        own.execute(f"EXPLAIN {statement}".encode(), list(parameters))
        rows = own.fetchall()
        own.execute("RESET enable_seqscan")
        own.execute("RESET enable_bitmapscan")
    return "\n".join(row[0] for row in rows)


def asked(rows: Any) -> str:
    """Return the plan of a query of Django's."""
    statement, parameters = rows.query.sql_with_params()
    return plan_of(statement.replace("%s", "%b"), *parameters)


def test_what_a_user_has_of_a_thread_of_many_is_found_by_the_user(
    rtm_app: App, news: Thread
) -> None:
    for rows in (
        _shown_to(rtm_app, news, "u1").order_by("-id")[:50],
        unread_of("u1").filter(thread__in=[news.pk]),
    ):
        plan = asked(rows)
        assert "Index Cond: ((thread_id = " in plan
        assert "((address)::text = 'u1'::text)" in plan.partition("Index Cond: ")[2]


def test_the_threads_of_a_user_are_found_by_the_user(rtm_app: App, news: Thread) -> None:
    """An app may have a thread for each of a million users."""
    Thread.objects.bulk_create(Thread(app=rtm_app, user_id=f"u{n}") for n in range(1000))
    with connection.cursor() as own:
        own.execute("ANALYZE rtm_thread")
    plan = asked(threads_of(rtm_app, "u1"))
    assert "using thread_by_user" in plan and "(user_id)::text = ANY" in plan


def test_a_topic_is_found_by_its_name_among_many(rtm_app: App, news: Thread) -> None:
    plan = plan_of(TOPICS, [rtm_app.pk], ["news"])
    assert "using topic_name_once" in plan and "(lower((name)::text) = u.name)" in plan
    plan = plan_of(_PLACES, [0], [rtm_app.pk], ["u1"], [news.pk], [""])
    assert "Index Cond: (id = t.topic_id)" in plan
