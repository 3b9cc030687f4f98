"""The statements of a drain are parsed and planned once."""

from typing import Any

import pytest
from django.db import connection

from imiconnect.rtm.sql import cursor, keeping_plans, redoable, together

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
