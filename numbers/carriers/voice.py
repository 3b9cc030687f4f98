"""The contract of a carrier for calls, beside ``messaging.py``: what is said and played.

An outgoing call rings, and once it is answered the customer hears the actions in their order;
then the call ends. An incoming call hears what the number's incoming-call URL answers.
Receipts of calls are ``Receipt`` with the channel voice: answered, rejected, busy, no answer,
failed; the first of them is final.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from imiconnect.numbers.carriers.messaging import Messenger, Submission


@dataclass(frozen=True)
class Say:
    """Speak a text; ``language`` is a BCP 47 tag."""

    text: str
    language: str = "en-GB"


@dataclass(frozen=True)
class Play:
    """Play a sound file (WAV or MP3) that the carrier fetches."""

    url: str


@dataclass(frozen=True)
class Answer:
    """Take an incoming call without a word; whatever speaks or plays takes it as well."""


@dataclass(frozen=True)
class Patch:
    """Connect the caller with another number, E.164 without the plus sign, until one ends."""

    to: str


@dataclass(frozen=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True)
class Reject:
    """Do not answer an incoming call at all; allowed as the only action."""


@dataclass(frozen=True)
class Record:
    """Record what the caller says, until ``#``, a few seconds of silence or the longest time.

    ``key`` is ours: the carrier tells of the recording under it. What follows in the actions
    is heard when nothing was said; once something was, the carrier asks what the caller hears
    next (``HookAnswer.went_on``).
    """

    key: str
    max_seconds: int = 120
    beep: bool = True


Action = Say | Play | Answer | Patch | HangUp | Reject | Record


@dataclass(frozen=True)
class OutgoingCall:
    """A call that is to be made; numbers are E.164 without the plus sign."""

    reference: uuid.UUID
    sender: str
    to: str
    actions: tuple[Action, ...]
    ring_seconds: int = 30


#: Bytes of a recording: ten minutes of telephone sound, uncompressed, and then some.
MAX_SOUND = 16 * 1024 * 1024


@dataclass(frozen=True)
class Sound:
    """A recording as the carrier has it."""

    data: bytes
    content_type: str


class RecordingError(Exception):
    """A recording that the carrier did not give, or delete; the text is for the log.

    ``is_gone`` says that it has none under this id, so that asking again is idle.
    """

    def __init__(self, text: str, *, is_gone: bool = False) -> None:
        """Keep what was said."""
        super().__init__(text)
        self.is_gone = is_gone


@runtime_checkable
class Caller(Messenger, Protocol):
    """What a carrier of calls can do beside texts."""

    def call(self, batch: Sequence[OutgoingCall]) -> list[Submission]:
        """Start calls and return what came of each, in their order; never raises."""

    def script(self, actions: Sequence[Action]) -> tuple[str, str]:
        """Return body and content type that tell the carrier what an incoming call hears."""


@runtime_checkable
class Recorder(Caller, Protocol):
    """What a carrier can do that records incoming calls; to others no such action goes."""

    def fetch_recording(self, provider_id: str) -> Sound:
        """Return a recording, of ``MAX_SOUND`` bytes at most; raises ``RecordingError``."""

    def delete_recording(self, provider_id: str) -> None:
        """Delete it at the carrier; one that is not there any more is no error.

        Raises ``RecordingError``.
        """
