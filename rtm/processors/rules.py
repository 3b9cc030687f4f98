"""Rules: match what happened with the rules of services, then do what they say."""

import datetime as dt

from django.utils import timezone

from imiconnect.rtm.rules import acting, planning


def process_due(*, limit: int = planning.BATCH, now: dt.datetime | None = None) -> int:
    """Plan a batch of events and do a batch of actions; return how many there were."""
    moment = now or timezone.now()
    planned = planning.plan_due(limit=limit, now=moment)
    return planned + acting.act_due(limit=acting.BATCH, now=now or timezone.now())
