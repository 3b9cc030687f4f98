"""The contract of a carrier for texts and calls: plain values in, plain values out.

Nothing here knows of rows, organizations or transactions, and nothing reads a clock. A
carrier that carries is a folder with ``messenger.py`` that has a class ``Messenger`` as
described below; ``registry.py`` finds it by itself.

How the layers above use it:

* Sending. The channel makes one ``OutgoingSms`` of each message and calls
  ``services.carrying.send(batch)`` **outside of any transaction**. That finds the routes of
  each message, keeps their limits, falls back, and returns for each message, in order, a
  ``Carried``: the account that took it and a ``Submission``. ``Accepted.provider_id`` is to be
  written down with the attempt; ``Declined.reason`` says the documented code, what a person
  reads, and whether the try may be repeated, after ``Declined.after`` seconds if that is set.
  ``Postponed`` is no try: a limit of ours is used up, the message waits and loses nothing.
* One message has one provider id, also one of several parts: a carrier that counts parts
  counts them by itself and tells of the whole message.
* The same ``reference`` may come again, after a crash between sending and writing down. A
  carrier that can tell drops the second one and returns the first provider id.
* Receipts, texts and calls that come in. The webhook page (or the process of a carrier that
  has no webhook) verifies, parses, and gives the events to ``ports.answers.carried`` with the
  key of the account. That function must have committed when it returns; only then is the
  carrier told that we have them. It may see an event twice and in any order.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.numbers.carriers.base import Account


class Carries(StrEnum):
    """What a carrier can carry; the value is the name of the channel."""

    SMS = "sms"
    VOICE = "voice"


class Coding(IntEnum):
    """The alphabet of a text; the value is SMPP's ``data_coding`` (3GPP TS 23.038)."""

    GSM7 = 0
    BINARY = 4
    UCS2 = 8


class SenderKind(StrEnum):
    """What a sender is: it decides the type of address and which routes may carry it."""

    ALPHANUMERIC = "alphanumeric"
    SHORT_CODE = "short_code"
    PHONE_NUMBER = "phone_number"


@dataclass(frozen=True)
class Segment:
    """One part of a text: the user data header with its length octet, and the content.

    ``body`` holds one octet for each septet (unpacked, escapes included) in GSM-7, UTF-16BE in
    UCS-2, else the octets themselves.
    """

    body: bytes
    header: bytes = b""


@dataclass(frozen=True)
class OutgoingSms:
    """A text that is to go out.

    ``to`` is E.164 without the plus sign, and so is ``sender`` where it is a phone number.
    ``text`` is empty for binary content. ``valid_for`` is in seconds from now.
    """

    reference: uuid.UUID
    sender: str
    sender_kind: SenderKind
    to: str
    coding: Coding
    segments: tuple[Segment, ...]
    text: str = ""
    is_flash: bool = False
    valid_for: int = 86_400


@dataclass(frozen=True)
class Reason:
    """Why something was not carried: the documented code, what a person reads, and if again.

    ``another_may`` says that the next carrier is worth asking at once; ``is_ours`` marks what
    support has to put right: our account, not the message.
    """

    code: int
    text: Words
    retryable: bool = False
    another_may: bool = False
    is_ours: bool = False


BAD_SENDER = Reason(7101, _("Invalid Sender ID"))
BAD_ADDRESS = Reason(7102, _("Invalid address"))
BLOCKED = Reason(7109, _("The customer does not accept messages."))
AT_OPERATOR = Reason(7201, _("The operator did not deliver the message."))
AT_PLATFORM = Reason(7202, _("The message could not be handed to a carrier."))
UNKNOWN_SUBSCRIBER = Reason(7203, _("The number is not in use."))
NO_CREDIT = Reason(7204, _("The subscriber has no credit."))
BINARY_ERROR = Reason(7205, _("The binary message could not be read."))
MEMORY_FULL = Reason(7206, _("The memory of the phone is full."))
UNREACHABLE = Reason(7207, _("The phone is off or out of coverage."))
EXPIRED = Reason(7208, _("Message expired"))
NOT_IN_PARTS = Reason(7209, _("A message of several parts cannot be delivered."))
BILLING_HERE = Reason(7210, _("Billing is not set up for this message."))
BILLING_THERE = Reason(7211, _("The operator could not bill the message."))
UNREGISTERED = Reason(7281, _("The sender is not registered with the operators."))

CARRIER_DOWN = Reason(7202, _("The carrier does not answer."), retryable=True, another_may=True)
#: The request was sent and nothing came back: the carrier may have taken the message.
UNCERTAIN = Reason(7202, _("The carrier did not answer in time."), retryable=True)
THROTTLED = Reason(
    7202, _("The carrier takes no more messages just now."), retryable=True, another_may=True
)
MISCONFIGURED = Reason(
    7202,
    _("Our account at the carrier does not work."),
    retryable=True,
    another_may=True,
    is_ours=True,
)
NOT_SERVED = Reason(7202, _("The carrier does not serve this country."), another_may=True)
NO_ROUTE = Reason(7202, _("No route leads to this number from this sender."))
NOT_SPOKEN = Reason(7004, _("The carrier could not speak or play the content."))
# The documents name these outcomes of calls and give them no codes: the codes are ours, of a
# range that the documented ones leave free.
REJECTED = Reason(7221, _("The call was rejected."))
BUSY = Reason(7222, _("The line was busy."))
NO_ANSWER = Reason(7223, _("Nobody answered the call."))


@dataclass(frozen=True)
class Accepted:
    """The carrier has it; what becomes of it is told by receipts under ``provider_id``."""

    provider_id: str


@dataclass(frozen=True)
class Declined:
    """The carrier does not have it. ``detail`` is the carrier's own word, for the log alone."""

    reason: Reason
    detail: str = ""
    after: float | None = None


@dataclass(frozen=True)
class Postponed:
    """Nobody was asked: a limit of ours is used up. Come again after so many seconds."""

    after: float


Submission = Accepted | Declined | Postponed


@dataclass(frozen=True)
class Carried:
    """What became of one message: the key of the account that was asked last, if any."""

    account: str
    submission: Submission


class Status(StrEnum):
    """What a receipt tells. The last four are of calls; all but ``SUBMITTED`` are final."""

    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    ANSWERED = "answered"
    REJECTED = "rejected"
    BUSY = "busy"
    NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Receipt:
    """What the carrier says of a message or call; ``reason`` where it was not reached."""

    provider_id: str
    status: Status
    reason: Reason | None = None
    at: dt.datetime | None = None
    detail: str = ""
    channel: Carries = Carries.SMS


@dataclass(frozen=True)
class IncomingSms:
    """A whole text of a customer; phone numbers without plus sign, ``to`` is a number of ours.

    ``data`` is set for binary content alone.
    """

    provider_id: str
    sender: str
    to: str
    text: str
    data: bytes = b""
    at: dt.datetime | None = None


@dataclass(frozen=True)
class IncomingCall:
    """Somebody calls a number of ours, and hears nothing yet."""

    provider_id: str
    caller: str
    to: str
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a recording that was asked for as ``voice.Record(key)``.

    ``provider_id`` names it at the carrier; empty where nothing was recorded.
    """

    key: str
    provider_id: str
    seconds: int = 0
    at: dt.datetime | None = None


Event = Receipt | IncomingSms | Recorded


@dataclass(frozen=True)
class Hook:
    """A request of a carrier.

    ``url`` is our public address as it was called, ``path`` what of it comes after
    ``Account.hooks_url`` and a slash, ``headers`` are in lower case.
    """

    url: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    received_at: dt.datetime
    method: str = "POST"


@dataclass(frozen=True)
class HookAnswer:
    """What a request says, and what it is answered once its events are written down.

    A request about a call that has just come in has ``call``: what it is answered is decided
    by the number's incoming-call URL and written by ``Caller.script``. One that asks how a call
    goes on has ``went_on``: the key of the recording that was just made.
    """

    events: Sequence[Event] = field(default_factory=tuple)
    body: str = ""
    content_type: str = "text/plain"
    call: IncomingCall | None = None
    went_on: str = ""


class UnreadableHook(Exception):
    """A request with a good signature that is not as the carrier documents it."""


class Messenger(Protocol):
    """What every carrier of texts and calls can do."""

    slug: str
    name: Words
    #: What it can carry at all; a route for anything else is refused.
    carries: frozenset[Carries]
    #: The sandbox's double that it is the client of: no carrier at all where that is off.
    twin: str

    def __init__(self, account: Account) -> None:
        """Keep the account; opens no connection."""

    def problems(self) -> list[Words]:
        """Return sentences about what the account lacks, as far as it can be told offline."""

    def submit(self, batch: Sequence[OutgoingSms]) -> list[Submission]:
        """Hand texts over and return what came of each, in their order; never raises."""

    def verify(self, hook: Hook) -> bool:
        """Tell whether the request is the carrier's, by its signature over the raw body."""

    def parse(self, hook: Hook) -> HookAnswer:
        """Return what a verified request says; raises ``UnreadableHook``."""
