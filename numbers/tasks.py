"""Periodic work: open orders, releases and the month's rent. A lost task costs a minute."""

from imiconnect.celery import app as celery
from imiconnect.numbers.services import buying, charging, releasing


@celery.task(name="numbers.resume_orders")
def resume_orders() -> int:
    """Take up orders that a crash or a carrier left open."""
    return buying.resume_orders()


@celery.task(name="numbers.finish_releases")
def finish_releases() -> int:
    """Give back numbers whose seven days are over."""
    return releasing.finish_releases()


@celery.task(name="numbers.charge_month")
def charge_month() -> int:
    """Count the month's rent where it is not counted yet."""
    return charging.charge_all()


for seconds, task in ((30.0, resume_orders), (300.0, finish_releases), (600.0, charge_month)):
    celery.add_periodic_task(
        seconds, celery.signature(task.name), name=task.name, queue="default"
    )
