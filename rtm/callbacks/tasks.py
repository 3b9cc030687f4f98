"""The task that sends callbacks; woken by nudges, and by beat for what a lost one left."""

from django.core.cache import cache

from imiconnect.celery import app
from imiconnect.rtm.callbacks.nudge import MARK, QUEUE, TASK
from imiconnect.rtm.callbacks.sender import send_due

#: Seconds between two sweeps.
SWEEP = 5.0


@app.task(name=TASK, queue=QUEUE)
def send_callbacks() -> int:
    """Send what is due; return how many tries were made."""
    cache.delete(MARK)
    return send_due()


app.add_periodic_task(
    SWEEP, app.signature(TASK), name="send callbacks", queue=QUEUE, expires=SWEEP
)
