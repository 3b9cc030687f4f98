"""Behind a pooler nothing may stay with a session: it is the next client's."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

from imiconnect.engines import pooler
from imiconnect.rtm.intake.pool import new_pool
from imiconnect.rtm.sql import redoable
from imiconnect.urls_of_engines import database

pytestmark = pytest.mark.django_db


def durability() -> str:
    """Return whether commits of this session wait for the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        found: str = cursor.fetchone()[0]
    return found


def test_work_that_may_be_done_again_changes_no_session_of_a_pooler(settings: Any) -> None:
    usual = durability()
    connection.cursor().execute("SET synchronous_commit TO on")
    with redoable():
        assert durability() == "off"
    settings.DATABASE_IS_POOLED = True
    connection.cursor().execute("SET synchronous_commit TO on")
    with redoable():
        assert durability() == "on"
    connection.cursor().execute(f"SET synchronous_commit TO {usual}")


@pytest.mark.parametrize("is_pooled", [True, False])
def test_statements_and_cursors_stay_with_a_session_only_without_a_pooler(
    settings: Any, is_pooled: bool
) -> None:
    settings.DATABASE_IS_POOLED = is_pooled
    never = new_pool().kwargs.get("prepare_threshold", 5) is None
    assert never is is_pooled
    assert (
        database("postgresql://x/y", pooled=is_pooled)["DISABLE_SERVER_SIDE_CURSORS"]
        is is_pooled
    )


def test_postgresql_itself_is_no_pooler() -> None:
    assert not pooler.is_behind_pooler()
    assert run_checks(databases=["default"], tags=["database"]) == []


def test_a_pooler_that_the_settings_do_not_name_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooler, "is_behind_pooler", lambda: True)
    (found,) = pooler.check_pooler(databases=["default"])
    assert "DATABASE_DIRECT_URL" in str(found.hint)
    settings.DATABASE_IS_POOLED = True
    assert pooler.check_pooler(databases=["default"]) == []
