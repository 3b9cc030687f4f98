"""The health of apps: asked of the provider every quarter of an hour, told once.

A named end that only a person can mend breaks an app at once; one that may pass by itself
does after three checks in a row. What ends by itself (tokens, certificates) is warned of by
mail well before. The provider is asked outside of any transaction.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from imiconnect.apps import mailing
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import UNREADABLE, ChannelError
from imiconnect.apps.channel_types.handler import Checked, Ending, Handler
from imiconnect.apps.connection import account_of, handler_of, redacted, secrets_of
from imiconnect.apps.models import App, AppExpiry, AppHealth
from imiconnect.apps.nudge import nudge

log = logging.getLogger(__name__)

EVERY = dt.timedelta(minutes=15)
SOON = dt.timedelta(minutes=1)
#: Checks in a row without an answer that make an app broken.
MISSES = 3
#: Days before the end at which a mail goes out, each once (facts/imiconnect.md, 7.1).
WARNINGS = (30, 15, 7, 3, 2, 1)
BATCH = 50


def watch(app: App) -> None:
    """Have an app checked as soon as the transaction is through, and from then on."""
    AppHealth.objects.update_or_create(app=app, defaults={"next_check_at": timezone.now()})
    transaction.on_commit(partial(nudge, "health"), robust=True)


def check_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Check the apps whose time has come; return how many. A claim is the next due time."""
    moment = now or timezone.now()
    due = AppHealth.objects.filter(next_check_at__lte=moment, app__state=App.State.ACTIVE)
    checked = 0
    for row in due.order_by("next_check_at")[:limit]:
        claim = AppHealth.objects.filter(pk=row.pk, next_check_at=row.next_check_at)
        if claim.update(next_check_at=moment + EVERY):
            check_now(app=row.app)
            checked += 1
    return checked


def check_now(*, app: App) -> AppHealth | None:
    """Ask the provider about an app and keep the answer; None for a type without provider.

    The webhook is subscribed again on the way, so that a check also mends.
    """
    ask = _question(app)
    if ask is None:
        return None
    try:
        found = _asked(app, ask)
    except ChannelError as error:
        return note_failure(app=app, error=error)
    return _note_success(app, found)


def _question(app: App) -> Callable[[], Checked] | None:
    """Return how to ask about an app; None for a type about which nobody can be asked."""
    kind = registry.get(app.channel_type)
    if kind.check:
        return partial(import_string(kind.check), app)
    handler = handler_of(app) or _any_handler(app)
    return partial(_ask, app, handler) if handler else None


def _any_handler(app: App) -> Handler[Any, Any] | None:
    media = registry.get(app.channel_type).handlers
    return next((handler_of(app, medium) for medium in media), None)


def _ask(app: App, handler: Handler[Any, Any]) -> Checked:
    account = account_of(app, handler)
    handler.activate(account)
    return handler.check(account)


def _asked(app: App, ask: Callable[[], Checked]) -> Checked:
    try:
        return ask()
    except ChannelError:
        raise
    except Exception as error:  # a fault of one handler must not stop the checks of the others
        log.exception("The check of the app %s failed", app.app_id)
        raise ChannelError(UNREADABLE, type(error).__name__) from error


@transaction.atomic
def note_failure(*, app: App, error: ChannelError) -> AppHealth:
    """Keep that a call for an app has failed; break it, and tell its people, where due."""
    row = _locked(app)
    now = timezone.now()
    row.checked_at = now
    row.misses += 1
    if error.outcome.breaks_app or row.misses >= MISSES:
        row.state = AppHealth.State.BROKEN
        row.broken_since = row.broken_since or now
        words = [str(error.outcome.words), redacted(error.detail, secrets_of(app))[:500]]
        row.problem = " ".join(word for word in words if word)
    if not error.outcome.breaks_app:
        row.next_check_at = now + SOON
    if row.state == AppHealth.State.BROKEN and row.told_at is None:
        row.told_at = now
        transaction.on_commit(partial(mailing.tell_broken, app, row.problem), robust=True)
    row.save()
    return row


@transaction.atomic
def _note_success(app: App, found: Checked) -> AppHealth:
    row = _locked(app)
    row.state, row.problem, row.misses = AppHealth.State.HEALTHY, "", 0
    row.checked_at = timezone.now()
    row.broken_since = row.told_at = None
    row.granted = None if found.granted is None else sorted(found.granted)
    row.save()
    keep_endings(app=app, endings=found.endings)
    return row


@transaction.atomic
def keep_endings(*, app: App, endings: Iterable[Ending]) -> None:
    """Write down everything of an app that ends by itself; what is not named any more goes.

    For a type whose credentials say it themselves, such as certificates; others tell it with
    each check.
    """
    kept = {ending.name: ending.expires_at for ending in endings}
    app.expiries.exclude(name__in=kept).delete()
    for name, expires_at in kept.items():
        _keep_ending(app, name, expires_at)


def _keep_ending(app: App, name: str, expires_at: dt.datetime) -> None:
    """Write down when something ends; a later end begins its warnings anew."""
    row = AppExpiry.objects.filter(app=app, name=name).first()
    if row is None:
        AppExpiry.objects.create(app=app, name=name, expires_at=expires_at)
    elif row.expires_at != expires_at:
        row.expires_at, row.warned_days = expires_at, None
        row.save()


def _locked(app: App) -> AppHealth:
    AppHealth.objects.get_or_create(app=app)
    row: AppHealth = AppHealth.objects.select_for_update().get(app=app)
    return row


def warn_of_expiries(*, now: dt.datetime | None = None) -> int:
    """Mail the warnings whose day has come, each once; return how many.

    Of several that are due at once, as for a new app, only the most urgent is sent.
    """
    moment = now or timezone.now()
    soonest = moment + dt.timedelta(days=WARNINGS[0])
    rows = AppExpiry.objects.filter(expires_at__gt=moment, expires_at__lte=soonest)
    sent = 0
    for row in rows.select_related("app__organization"):
        left = row.expires_at - moment
        due = min(days for days in WARNINGS if left <= dt.timedelta(days=days))
        if row.warned_days is not None and row.warned_days <= due:
            continue
        claim = AppExpiry.objects.filter(pk=row.pk, warned_days=row.warned_days)
        if claim.update(warned_days=due):
            mailing.warn_of_expiry(row.app, row.name, row.expires_at, due)
            sent += 1
    return sent


def say_goodbye(app: App) -> None:
    """After the commit, have the provider stop calling us for the account that an app has now.

    For an app that is being deleted, or is about to get another account. Best effort: what
    the provider does not hear now, the webhook answers with 404.
    """
    handler = handler_of(app)
    if handler is None:
        return
    try:
        account = account_of(app, handler)
    except ChannelError:
        return
    transaction.on_commit(partial(handler.deactivate, account), robust=True)


def granted_to(app: App) -> frozenset[str] | None:
    """Return what the provider lets an app do, in its words; None where it has not said."""
    row: AppHealth | None = getattr(app, "checkup", None)
    return None if row is None or row.granted is None else frozenset(row.granted)


def broken_apps(apps: QuerySet[Any]) -> QuerySet[Any]:
    """Return the broken ones of ``apps`` that are on, newest episode first."""
    broken = apps.filter(state=App.State.ACTIVE, checkup__state=AppHealth.State.BROKEN)
    return broken.select_related("checkup").order_by("-checkup__broken_since")
