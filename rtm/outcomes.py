"""What can come of one try to send a message: the vocabulary of all channels.

A handler returns an outcome and decides nothing else: whether a try is repeated, which code
the receipt carries and what a person reads follow from the outcome, and ``decide`` alone maps
it to the message's next state.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.policy import Policy
from imiconnect.rtm.protocol.states import State

#: Codes of receipts (facts/imiconnect.md, section 14).
SUBMITTED, DELIVERED, READ, EXPIRED_CODE = 7501, 7500, 7502, 7208


@dataclass(frozen=True)
class Reason:
    """Why a try did not succeed: its documented code, what a person reads, and if it may."""

    code: int
    text: str | Promise
    retryable: bool = False


NO_PROFILE = Reason(7105, _("Customer profile not found"))
SERVICE_NOT_LIVE = Reason(7007, _("The service is not live."))
APP_OFF = Reason(7018, _("The app is off."))
APP_NOT_SHARED = Reason(7018, _("The service may not use the app any more."))
BROKER_AWAY = Reason(7202, _("The message broker did not answer."), retryable=True)
NO_HANDLER = Reason(7202, _("Nothing sends on this channel."))
BROKEN = Reason(7006, _("The gateway could not read the message."))
NO_REPLY = Reason(7004, _("Nobody replies to an announcement."))
NO_TOPIC = Reason(7004, _("There is no such topic."))
NOT_SUBSCRIBED = Reason(7004, _("The user is not subscribed to the topic."))
READ_ONLY = Reason(7004, _("Subscribers of the topic read and do not write."))
NOBODY = Reason(7105, _("Nobody was in the topic or segment."))
SET_GONE = Reason(7004, _("The topic or segment was deleted."))
PAST_EXPIRY = Reason(EXPIRED_CODE, _("Message expired"))


@dataclass(frozen=True)
class Dispatched:
    """The broker or the provider has it; delivery is proved by the receipt alone.

    ``provider_ids`` are the provider's own ids of the message, one for each part, and
    ``account`` says whose they are: receipts of the provider name them. ``is_delivery``
    is set where the provider never sends one: that it has the message is all there is.
    ``asked_at`` is when the provider was asked, where its receipts may name a moment.
    """

    detail: dict[str, Any] = field(default_factory=dict)
    provider_ids: tuple[str, ...] = ()
    account: str = ""
    is_delivery: bool = False
    asked_at: dt.datetime | None = None


@dataclass(frozen=True)
class RetryAt:
    """The try failed and may be repeated: ``after`` seconds, or the app's interval."""

    reason: Reason
    after: float | None = None


@dataclass(frozen=True)
class Postponed:
    """Nobody was asked, for a limit of ours is used up: it is due again after some seconds.

    One that waits for the destination's sake says why in ``held``, for its journey; then
    ``expires_after`` seconds is when it expires, if waiting is to give it more time.
    """

    after: float
    held: str = ""
    expires_after: float | None = None


@dataclass(frozen=True)
class Failed:
    """The try failed for good."""

    reason: Reason


@dataclass(frozen=True)
class Expired:
    """The message was too old to be sent."""

    reason: Reason = PAST_EXPIRY


Outcome = Dispatched | RetryAt | Postponed | Failed | Expired


@dataclass(frozen=True)
class Move:
    """What happens to the message: its next state, the receipt's code, the next due time.

    One that was not tried changes its due time alone, and its expiry where that is set; its
    reason is why it is held.
    """

    state: State
    code: int
    reason: str = ""
    due_at: dt.datetime | None = None
    was_tried: bool = True
    expires_at: dt.datetime | None = None


_HANDED_OVER = Move(State.SUBMITTED, SUBMITTED)


def decide(outcome: Outcome, *, failures: int, policy: Policy, now: dt.datetime) -> Move:
    """Return the move that follows from an outcome after ``failures`` failed tries before.

    A retryable failure leaves the message queued until the app's number of retries is used
    up; then it has failed, for the reason of its last try.
    """
    if isinstance(outcome, Dispatched):
        return _HANDED_OVER
    if isinstance(outcome, Postponed):
        due_at, later = now + dt.timedelta(seconds=outcome.after), outcome.expires_after
        expires_at = None if later is None else now + dt.timedelta(seconds=later)
        return Move(State.QUEUED, 0, outcome.held, due_at, False, expires_at)
    reason = outcome.reason
    if isinstance(outcome, Expired):
        return Move(State.EXPIRED, reason.code, str(reason.text))
    if isinstance(outcome, RetryAt) and failures < policy.retry_count:
        seconds = policy.retry_interval_seconds if outcome.after is None else outcome.after
        due_at = now + dt.timedelta(seconds=seconds)
        return Move(State.QUEUED, reason.code, str(reason.text), due_at)
    return Move(State.FAILED, reason.code, str(reason.text))
