"""Celery tasks of the gateway: each calls one processor; how many run is for the operator."""

from functools import partial

from django.utils import timezone

from imiconnect.celery import app as celery
from imiconnect.rtm import housekeeping, inactive, nudge
from imiconnect.rtm import topics as topic_services
from imiconnect.rtm.archive import archive_old
from imiconnect.rtm.bindings import PUBLISH_POLICY
from imiconnect.rtm.broker import link
from imiconnect.rtm.callbacks.tasks import send_callbacks
from imiconnect.rtm.connect.presence import connected_platforms
from imiconnect.rtm.customers import erasing
from imiconnect.rtm.drain import Pace, drain
from imiconnect.rtm.lanes import LANES, MT, PUSH, SMS
from imiconnect.rtm.media import services as media
from imiconnect.rtm.media.unknown import delete_unknown
from imiconnect.rtm.nudge import TASKS
from imiconnect.rtm.ott import profiles
from imiconnect.rtm.partitions import ensure_partitions
from imiconnect.rtm.processors import (
    dr,
    events,
    expiry,
    fanout,
    mo,
    mt,
    owed,
    provider,
    retry,
    rules,
)
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.push import companion
from imiconnect.rtm.telecom import recordings, unclaimed

#: Seconds: nobody waits for a receipt as a device waits for a message.
GATHER_RECEIPTS, GATHER_MESSAGES = 0.05, 0.006


def _step(lane: str) -> int:
    """Send what is due on a lane, and what goes with it.

    With pushes go the companions of in-app messages, with texts the answers on shared codes.
    """
    done = mt.process_due(lane=lane)
    if lane == PUSH:
        done += companion.process_due()
    elif lane == SMS:
        done += unclaimed.process_due()
    return done


def _drains(lane: str) -> None:
    """Make the task of one lane."""

    def drain_lane(place: int = 0) -> int:
        # What goes to a provider a second time may be charged and read a second time.
        hot = lane == MT
        step, pace = partial(_step, lane), Pace(gather=GATHER_MESSAGES if hot else 0.0)
        return drain(lane, step, pace=pace, durable=not hot, keep_plans=hot, place=place)

    drain_lane.__doc__ = f"Send messages that are due on the lane {lane}."
    celery.task(name=TASKS[lane])(drain_lane)


for _lane in LANES:
    _drains(_lane)


@celery.task(name="rtm.drain_dr")
def drain_dr(place: int = 0) -> int:
    """Apply receipts."""
    pace = Pace(gather=GATHER_RECEIPTS)
    return drain("dr", dr.process_due, pace=pace, keep_plans=True, place=place)


@celery.task(name="rtm.drain_provider")
def drain_provider(place: int = 0) -> int:
    """Find the messages of providers' receipts."""
    return drain("provider", provider.process_due, place=place)


@celery.task(name="rtm.drain_mo")
def drain_mo(place: int = 0) -> int:
    """Log incoming messages and hand them over."""
    return drain("mo", mo.process_due, place=place)


@celery.task(name="rtm.drain_retry")
def drain_retry() -> int:
    """Wake the messages of users whose device has connected; stays for the second wake-up."""
    return drain("retry", retry.process_due, pace=Pace(linger=retry.LINGER))


@celery.task(name="rtm.drain_expiry")
def drain_expiry() -> int:
    """Expire what is past its time."""
    return drain("expiry", expiry.process_due, pace=Pace(linger=0.0), durable=True)


@celery.task(name="rtm.drain_rules")
def drain_rules() -> int:
    """Match events with the rules of services, and do what they say; answer on-boarding."""
    return drain("rules", rules.process_due)


@celery.task(name="rtm.drain_events")
def drain_events() -> int:
    """Publish what users' devices are told besides messages, and what late ones missed."""
    return drain("events", lambda: owed.process_due() + events.process_due())


@celery.task(name="rtm.drain_fanout")
def drain_fanout(place: int = 0) -> int:
    """Write the messages of users of topics and segments."""
    return drain("fanout", fanout.process_due, durable=True, place=place)


@celery.task(name=PUBLISH_POLICY)
def publish_policy(app_id: str, targets: list[str]) -> int:
    """Tell the devices of an app to read its policy again; return how many topics took it.

    A device may run on a system that the app does not name, or that nobody knows by name.
    """
    wanted = sorted({*targets, *topics.UPDATE_TARGETS, *connected_platforms(app_id)})
    told = [(topics.updates(app_id, target), b'{"event":"policy"}') for target in wanted]
    return sum(link.publish(told))


@celery.task(name="rtm.sweep")
def sweep() -> None:
    """Nudge each queue that has something due: what lost nudges have left."""
    for queue in housekeeping.queues_with_work(timezone.now()):
        nudge.nudge(queue)


@celery.task(name="rtm.keep_house")
def keep_house() -> None:
    """Make partitions ahead, delete what is old, and finish what deletions have left."""
    ensure_partitions(timezone.now())
    housekeeping.delete_old(timezone.now())
    erasing.erase_due()
    topic_services.finish_deletions()


@celery.task(name=topic_services.DELETE_TASK)
def delete_topics() -> int:
    """Take the subscriptions of topics that were deleted."""
    return topic_services.finish_deletions()


@celery.task(name="rtm.archive")
def archive() -> list[str]:
    """Write old weeks of the log to files and drop them."""
    return archive_old(timezone.now())


@celery.task(name="rtm.erase")
def erase() -> int:
    """Empty the messages of customers that were erased."""
    return erasing.erase_due()


@celery.task(name="rtm.forget_inactive")
def forget_inactive() -> int:
    """Forget devices that were silent for too long."""
    return inactive.forget_inactive(timezone.now())


@celery.task(name="rtm.delete_media")
def delete_media() -> int:
    """Delete files that are older than their app keeps them, and old recordings.

    Then tell whose storage was full meanwhile.
    """
    now = timezone.now()
    total = media.delete_old(now) + delete_unknown(now) + recordings.delete_old(now)
    media.tell_of_refusals(now)
    return total


@celery.task(name=profiles.TASK)
def read_profiles() -> int:
    """Ask providers who their customers are that were heard for the first time."""
    return profiles.read_due()


@celery.task(name=recordings.TASK)
def fetch_recordings() -> int:
    """Fetch what callers said from carriers, and delete it there."""
    return recordings.fetch_due()


#: Seconds between two looks at what lost nudges have left.
SWEEP = 1.0
_MINUTE, _TEN_MINUTES = 60.0, 600.0
_SIX_HOURS = 6 * 3600.0

celery.add_periodic_task(
    SWEEP, celery.signature("rtm.sweep"), name="sweep queues", queue="retry", expires=SWEEP
)
celery.add_periodic_task(
    _MINUTE,
    celery.signature(profiles.TASK),
    name="read profiles",
    queue=profiles.QUEUE,
    expires=_MINUTE,
)
celery.add_periodic_task(
    _MINUTE,
    celery.signature(recordings.TASK),
    name="fetch recordings",
    queue=recordings.QUEUE,
    expires=_MINUTE,
)
celery.add_periodic_task(
    _TEN_MINUTES, celery.signature("rtm.keep_house"), name="keep house", queue="default"
)
celery.add_periodic_task(
    _SIX_HOURS,
    celery.signature("rtm.forget_inactive"),
    name="forget inactive devices",
    queue="default",
)
celery.add_periodic_task(
    _TEN_MINUTES, celery.signature("rtm.delete_media"), name="delete media", queue="default"
)
celery.add_periodic_task(
    _SIX_HOURS, celery.signature("rtm.archive"), name="archive messages", queue="default"
)

__all__ = ["send_callbacks"]
