"""The processors as a person watches them: what waits, for how long, how fast it goes."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.console.words import Words
from imiconnect.engines.health import Part, parts
from imiconnect.numbers.models import Throughput
from imiconnect.rtm.housekeeping import QUEUES, Depth, depth
from imiconnect.rtm.models import Breaker

#: Queues by what people call their processor, in the order of a message's way; one that is
#: not named here is shown under its own name.
PROCESSORS: dict[str, Words] = {
    "mt": _("MT processor"),
    "ott": _("MT to app providers (OTT)"),
    "sms": _("MT to SMS carriers"),
    "voice": _("MT to voice carriers"),
    "push": _("MT to push services"),
    "fanout": _("Fan-out to topics"),
    "events": _("Events to devices"),
    "retry": _("Retry processor"),
    "dr": _("DR processor"),
    "provider": _("DR of providers"),
    "expiry": _("Expiry monitor"),
    "mo": _("MO processor"),
    "callbacks": _("Callbacks"),
    "rules": _("Rules"),
}
#: Seconds after which what is due has waited too long.
LATE = 30.0


@dataclass(frozen=True)
class Processor:
    """One processor; ``state`` is a word of ``console.states``."""

    slug: str
    name: Words
    state: str
    waiting: Depth
    part: Part


@dataclass(frozen=True)
class Provider:
    """An app of a provider: its breaker, and what is left of its limit just now."""

    app: App
    state: str
    words: Words
    failures: int
    error: str
    failed_at: dt.datetime | None
    retry_at: dt.datetime | None
    tokens: int | None


def processors() -> list[Processor]:
    """Return every processor; each queue costs a count that stops at 100,000."""
    now, known = timezone.now(), parts()
    found = []
    for slug in sorted(QUEUES, key=_place):
        name = PROCESSORS.get(slug, slug)
        part = known.get(f"queue:{slug}", Part(False, "is not expected"))
        waiting = depth(slug, now)
        found.append(Processor(slug, name, _state(part, waiting), waiting, part))
    return found


def _place(slug: str) -> int:
    known = list(PROCESSORS)
    return known.index(slug) if slug in known else len(known)


def _state(part: Part, waiting: Depth) -> str:
    if not part.ready:
        return "broken"
    return "degraded" if waiting.oldest_seconds > LATE else "healthy"


def providers(member: Member) -> list[Provider]:
    """Return the apps that a person sees and that have met a limit or an outage lately."""
    limits = {row.key: row.tokens for row in Throughput.objects.filter(key__startswith="app:")}
    names = [key.removeprefix("app:") for key in limits]
    apps = App.objects.visible_to(member).filter(Q(breaker__isnull=False) | Q(app_id__in=names))
    rows = apps.select_related("breaker").order_by("name")[:100]
    return [_provider(app, limits.get(f"app:{app.app_id}")) for app in rows]


def _provider(app: App, tokens: float | None) -> Provider:
    breaker: Breaker | None = getattr(app, "breaker", None)
    left = None if tokens is None else int(tokens)
    if breaker is None:
        return Provider(app, "healthy", _("Closed: messages go"), 0, "", None, None, left)
    open_now = breaker.retry_at is not None
    words = _("Open: messages wait") if open_now else _("Closed, after failures")
    return Provider(
        app,
        "broken" if open_now else "degraded",
        words,
        breaker.failures,
        breaker.error,
        breaker.failed_at,
        breaker.retry_at,
        left,
    )
