"""Who customers of a provider are: read once, when they are first heard, for texts and desks.

A contact whose profile is to be read has ``profile_due_at``. Rules wait a moment for it
(``rules/intake.py``), so that the first answer can call a customer by name, and so do the
notifications of channels that tell of profiles (``waiting.py``). A provider that
does not answer delays nothing but that: it is asked again later.
"""

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import UNREADABLE, ChannelError
from imiconnect.apps.channel_types.handler import Account, Handler
from imiconnect.apps.connection import account_of
from imiconnect.apps.health import granted_to
from imiconnect.apps.models import App
from imiconnect.rtm.models import Contact, RuleEvent
from imiconnect.rtm.nudge import nudge, say
from imiconnect.rtm.ott.waiting import let_notifications_go
from imiconnect.rtm.rest.fields import unstorable

log = logging.getLogger(__name__)

TASK, QUEUE = "rtm.read_profiles", "ott"
BATCH, AT_ONCE = 50, 8
#: While one worker reads a profile no other does; and the wait after a provider's failure.
LEASE, AGAIN = dt.timedelta(seconds=30), dt.timedelta(minutes=10)


@dataclass(frozen=True)
class _Question:
    """A contact, and how its provider is asked."""

    contact: Contact
    handler: Handler[Any, Any]
    account: Account[Any, Any]

    def ask(self) -> dict[str, Any] | ChannelError:
        """Call the provider; nothing here touches the database, for it runs in a thread."""
        try:
            return self.handler.profile_of(self.account, self.contact.address)
        except ChannelError as error:
            return error
        except Exception as error:  # a fault of a handler costs a profile, not the batch
            log.exception("The handler of %s failed", self.contact.app.channel_type)
            return ChannelError(UNREADABLE, type(error).__name__)


def tells_profiles(app: App) -> bool:
    """Tell whether the app's provider says who a customer is."""
    handler = registry.handler(app.channel_type)
    return handler is not None and handler.tells_profiles


def ask_for_reading() -> None:
    """Have profiles read soon; a periodic task does it anyhow."""
    say(TASK, queue=QUEUE)


def read_due(*, now: dt.datetime | None = None) -> int:
    """Read the profiles that are due; return how many were asked for."""
    moment = now or timezone.now()
    total = 0
    while contacts := _claim(moment):
        questions = [found for contact in contacts if (found := _question(contact))]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answers = list(threads.map(_Question.ask, questions))
        for question, answer in zip(questions, answers, strict=True):
            _keep(question.contact, answer, moment)
        total += len(contacts)
    return total


@transaction.atomic
def _claim(now: dt.datetime) -> list[Contact]:
    due = Contact.objects.filter(profile_due_at__lte=now).order_by("profile_due_at")
    rows = list(due.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    keys = [row.pk for row in rows]
    Contact.objects.filter(pk__in=keys).update(profile_due_at=now + LEASE)
    return list(Contact.objects.filter(pk__in=keys).select_related("app__checkup"))


def _question(contact: Contact) -> _Question | None:
    handler = registry.handler(contact.app.channel_type)
    if handler is None or not handler.tells_profiles or contact.app.state == App.State.OFF:
        _close(contact, {})
        return None
    try:
        account = account_of(contact.app, handler)
        known = replace(account, granted=granted_to(contact.app) or frozenset())
        return _Question(contact, handler, known)
    except ChannelError:
        _close(contact, {})
        return None


def _keep(contact: Contact, answer: dict[str, Any] | ChannelError, now: dt.datetime) -> None:
    if isinstance(answer, ChannelError) and answer.outcome.retryable:
        Contact.objects.filter(pk=contact.pk).update(profile_due_at=now + AGAIN)
        _let_go(contact)
        return
    told = answer if isinstance(answer, dict) and not unstorable(answer) else {}
    _close(contact, told)


@transaction.atomic
def _close(contact: Contact, told: dict[str, Any]) -> None:
    """Keep what was told; what somebody has written of the contact meanwhile stands above."""
    row = Contact.objects.select_for_update().filter(pk=contact.pk).first()
    if row is not None:
        row.profile = {**told, **row.profile}
        row.profile_due_at = None
        row.save(update_fields=["profile", "profile_due_at"])
        contact.profile = row.profile
    _let_go(contact)


def _let_go(contact: Contact) -> None:
    """Let what has waited for the profile go on: rules, and notifications."""
    let_notifications_go(contact)
    waiting = RuleEvent.objects.filter(app_id=contact.app_id, address=contact.address)
    waiting.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
    transaction.on_commit(lambda: nudge("rules"), robust=True)
