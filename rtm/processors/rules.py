"""What follows from events: rules of services are done, on-boarding and PINs answered."""

import datetime as dt

from django.utils import timezone

from imiconnect.rtm.onboarding.answering import answer_due
from imiconnect.rtm.pins.sending import send_due
from imiconnect.rtm.rules import acting, planning


def process_due(*, limit: int = planning.BATCH, now: dt.datetime | None = None) -> int:
    """Plan a batch of events, do a batch of actions and answers; return how many there were."""
    moment = now or timezone.now()
    planned = planning.plan_due(limit=limit, now=moment)
    answered = answer_due(limit=acting.BATCH, now=now or timezone.now())
    answered += send_due(limit=acting.BATCH, now=now or timezone.now())
    return planned + answered + acting.act_due(limit=acting.BATCH, now=now or timezone.now())
