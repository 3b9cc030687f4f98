"""Background work of apps: webhooks, health checks, warnings. A lost task costs seconds."""

from imiconnect.apps import health, hooks
from imiconnect.apps.authorizations import forget_old as forget_old_authorizations
from imiconnect.apps.nudge import begun
from imiconnect.celery import app as celery


@celery.task(name="apps.work_through_hooks")
def work_through_hooks() -> int:
    """Work through what providers have told, until nothing is due."""
    begun("hooks")
    total = 0
    while done := hooks.work_through():
        total += done
    return total


@celery.task(name="apps.check_apps")
def check_apps() -> int:
    """Check the apps whose time has come."""
    begun("health")
    return health.check_due()


@celery.task(name="apps.keep_house")
def keep_house() -> int:
    """Warn of what expires and forget what is old."""
    hooks.forget_old()
    forget_old_authorizations()
    return health.warn_of_expiries()


for seconds, task in ((2.0, work_through_hooks), (20.0, check_apps), (600.0, keep_house)):
    celery.add_periodic_task(
        seconds, celery.signature(task.name), name=task.name, queue="default", expires=seconds
    )
