"""What an upgrade fills in: since when customers wait who wrote before."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.rtm.models import Message, Thread
from tests.rtm.desk.conftest import Scene
from tests.rtm.desk.test_pages import said

MIGRATION = import_module("imiconnect.rtm.migrations.0030_thread_waits_filled")


def fill() -> None:
    """Run what the migration runs."""
    MIGRATION.fill(None, SimpleNamespace(connection=connection))


@pytest.fixture
def before(scene: Scene, rtm_app: App, monkeypatch: pytest.MonkeyPatch) -> list[Thread]:
    """Conversations as they were, more than a batch: nobody is known to wait."""
    monkeypatch.setattr(MIGRATION, "BATCH", 2)
    monkeypatch.setattr(MIGRATION, "_INDEX", "none_yet")
    threads = [Thread.objects.create(app=rtm_app, user_id=f"w{n}") for n in range(5)]
    for number, thread in enumerate(threads):
        said(thread, number)
    Thread.objects.update(waits_since=None)
    return threads


def test_everybody_waits_who_wrote_last(before: list[Thread]) -> None:
    silent = Thread.objects.create(app=before[0].app, user_id="silent")
    closed = before[1]
    Thread.objects.filter(pk=closed.pk).update(status="Closed")
    fill()
    waits = set(Thread.objects.exclude(waits_since=None).values_list("pk", flat=True))
    assert waits.isdisjoint({silent.pk, closed.pk})
    assert len(waits) == 6
    for thread in Thread.objects.filter(pk__in=waits):
        assert thread.waits_since == Message.objects.get(thread=thread).created_at


def test_filling_again_after_a_crash_changes_nothing(before: list[Thread]) -> None:
    fill()
    now = timezone.now()
    Thread.objects.filter(pk=before[0].pk).update(waits_since=now)
    fill()
    assert Thread.objects.get(pk=before[0].pk).waits_since == now


def test_a_database_that_was_filled_is_left_alone(
    before: list[Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MIGRATION, "_INDEX", "thread_waits")
    fill()
    assert not Thread.objects.exclude(waits_since=None).exists()
