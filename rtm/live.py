"""Hints to open pages that messages are new or have changed: one per organization and batch.

A hint may be lost; pages read rows over HTTP. Nothing on the accept path waits for one.
"""

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imiconnect.rtm.protocol.states import State

if TYPE_CHECKING:
    from imiconnect.rtm.models import Thread

#: More rows than a page shows say only "read again".
_MOST_NAMED = 500
#: Seconds between two hints of a drain; pages show what came once a second.
PAUSE = 0.5
_here = threading.local()


def group_of_messages(organization_id: uuid.UUID) -> str:
    """Return the channel group of an organization's message log."""
    return f"messages-{organization_id.hex}"


def tell_of_conversation(thread: "Thread") -> None:
    """Hint to open desks that a conversation has changed; ``thread`` has its app."""
    from imiconnect.console.live import notify

    group = group_of_messages(thread.app.organization_id)
    notify(group, changed={str(thread.pk): "conversation"})


class Hints:
    """What pages are to be told, by organization."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.told_at = 0.0
        self._new: dict[uuid.UUID, int] = defaultdict(int)
        self._states: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)

    def add(
        self,
        created: Iterable[uuid.UUID],
        changed: Iterable[tuple[uuid.UUID, uuid.UUID, State]],
    ) -> None:
        """Take what ``tell`` takes; the latest state of a message counts."""
        for organization in created:
            self._new[organization] += 1
        for organization, message, state in changed:
            states = self._states[organization]
            if len(states) < _MOST_NAMED or str(message) in states:
                states[str(message)] = state.name.lower()

    def tell_in_time(self) -> None:
        """Say it unless something was said a moment ago."""
        if time.monotonic() - self.told_at >= PAUSE:
            self.tell()

    def tell(self) -> None:
        """Say it and forget it."""
        from imiconnect.console.live import notify

        self.told_at = time.monotonic()
        new, states = dict(self._new), dict(self._states)
        self._new.clear()
        self._states.clear()
        for organization in new.keys() | states.keys():
            notify(
                group_of_messages(organization),
                new=new.get(organization, 0),
                changed=states.get(organization, {}),
            )


@contextmanager
def gathered() -> Iterator[Hints]:
    """Let ``tell`` of this thread gather hints for ``PAUSE`` seconds; say the rest at the end.

    Sending one costs as much as all the work on a batch of a few messages.
    """
    _here.hints = hints = Hints()
    try:
        yield hints
    finally:
        _here.hints = None
        hints.tell()


def tell(
    *,
    created: Iterable[uuid.UUID] = (),
    changed: Iterable[tuple[uuid.UUID, uuid.UUID, State]] = (),
) -> None:
    """Hint at new and changed messages after their commit; never raises.

    ``created`` names the organization of each new message; ``changed`` has organization,
    message and new state of each that changed. Inside of ``gathered`` they wait for a moment.
    """
    hints: Hints = getattr(_here, "hints", None) or Hints()
    hints.add(created, changed)
    hints.tell_in_time()
