"""Writes by people: sending callbacks again."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.audit.services import record
from imiconnect.rtm.callbacks.nudge import nudge
from imiconnect.rtm.models import Callback


@transaction.atomic
def resend(*, callback: Callback) -> bool:
    """Make one more try of a callback that is delivered or failed, with the same webhook id.

    Returns False when it is under way anyhow. The new try decides its state.
    """
    return resend_all(callbacks=Callback.objects.filter(pk=callback.pk)) == 1


@transaction.atomic
def resend_all(*, callbacks: Any) -> int:
    """Make one more try of each finished callback of a query set; return how many."""
    finished = callbacks.exclude(state=Callback.State.PENDING)
    rows: Iterable[Callback] = list(finished.select_for_update(of=("self",)).order_by("id"))
    for row in rows:
        record("callback.resent", row, after={"event": row.event, "attempts": row.attempts})
    resent = Callback.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Callback.State.PENDING, due_at=timezone.now(), finished_at=None
    )
    if resent:
        transaction.on_commit(nudge, robust=True)
    return resent
