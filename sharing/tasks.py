"""Periodic work of sharing; a lost task costs a minute of tidiness and no permission."""

from imiconnect.celery import app as celery
from imiconnect.sharing import shares


@celery.task(name="sharing.remove_ended_shares")
def remove_ended_shares() -> int:
    """Delete shares whose time is over and record it."""
    return shares.remove_ended_shares()


celery.add_periodic_task(
    60.0,
    celery.signature(remove_ended_shares.name),
    name=remove_ended_shares.name,
    queue="default",
)
