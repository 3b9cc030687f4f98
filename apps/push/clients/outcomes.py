"""What a push service may answer, in one vocabulary for all three of them."""

import datetime as dt
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

#: Seconds to wait where a service says "later" and not when (facts/push.md, B).
DEFAULT_WAIT = 60.0
#: The longest wait that a service's word is taken for.
LONGEST_WAIT = 3600.0


class Problem(Enum):
    """Why a notification was not taken: words, and whether the same one may be sent again."""

    #: The address is given up: the app was removed, the subscription has ended.
    GONE = (_("The push service no longer knows the device."), False)
    #: The address is of another app, project or environment than the credentials.
    FOREIGN = (_("The device belongs to another app or gateway than the credentials."), False)
    #: The credentials are refused; no message goes until a person changes something.
    CREDENTIALS = (_("The push service does not accept the app's credentials."), False)
    CONTENT = (_("The push service does not take this content."), False)
    TOO_LARGE = (_("The notification is too large for the push service."), False)
    THROTTLED = (_("The push service asks to send more slowly."), True)
    UNAVAILABLE = (_("The push service could not be reached."), True)

    def __init__(self, words: Words, retryable: bool) -> None:
        """Split the value into what it means."""
        self.words = words
        self.retryable = retryable


class PushError(Exception):
    """A notification was not taken.

    ``reason`` is what the service said, without secrets. ``after`` is when it may be sent
    again, in seconds. ``since`` is when the address was given up, where the service tells: a
    device that registered later is meant to stay.
    """

    def __init__(
        self,
        problem: Problem,
        reason: str = "",
        *,
        after: float | None = None,
        since: dt.datetime | None = None,
    ) -> None:
        """Keep what happened."""
        super().__init__(f"{problem.name}: {reason}" if reason else problem.name)
        self.problem, self.reason = problem, reason[:200]
        self.after, self.since = after, since


@dataclass(frozen=True)
class Taken:
    """The push service has it; ``provider_id`` is its own id of the notification."""

    provider_id: str = ""


def wait_of(retry_after: str | None) -> float:
    """Return the seconds in a ``Retry-After`` header, a number or a date, within bounds."""
    text = (retry_after or "").strip()
    if text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return DEFAULT_WAIT
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(max(0.0, (moment - timezone.now()).total_seconds()), LONGEST_WAIT)
