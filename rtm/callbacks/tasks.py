"""The task that sends callbacks; woken by nudges, and by the sweep for what a lost one left."""

from imiconnect.celery import app
from imiconnect.rtm.callbacks.nudge import QUEUE
from imiconnect.rtm.callbacks.sender import send_due
from imiconnect.rtm.nudge import TASKS


@app.task(name=TASKS[QUEUE], queue=QUEUE)
def send_callbacks(place: int = 0) -> int:
    """Send what is due; return how many tries were made."""
    return send_due(place=place)
