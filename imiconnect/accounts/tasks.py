"""The accounts' one task: end trials, forget requests that nobody has confirmed."""

from celery import shared_task

from imiconnect.accounts.services import trials
from imiconnect.celery import app

_MINUTES = 600.0


@shared_task(name="accounts.look_after_trials")
def look_after_trials() -> int:
    """Suspend what is over and delete what was never confirmed; return how many."""
    return trials.end_trials() + trials.forget_unconfirmed()


app.add_periodic_task(
    _MINUTES,
    app.signature("accounts.look_after_trials"),
    name="look after trials",
    queue="default",
)
