"""The console's one task: forget forms that were sent long ago."""

from celery import shared_task

from imiconnect.celery import app
from imiconnect.console import once

_HOUR = 3600.0


@shared_task(name="console.forget_submissions")
def forget_submissions() -> int:
    """Delete what guarded forms against a second click two days ago; return how many."""
    return once.forget_old()


app.add_periodic_task(
    _HOUR,
    app.signature("console.forget_submissions"),
    name="forget sent forms",
    queue="default",
)
