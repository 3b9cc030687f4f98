"""The life of a message, written down once.

A message sent to a device (MT) starts ``QUEUED`` and moves only along ``MOVES``::

    QUEUED ----> SUBMITTED ----> DELIVERED ----> READ
      |  \\           |  \\
      |   `-> FAILED  |   `-> FAILED
      `----> EXPIRED  `-----> EXPIRED

``SUBMITTED`` means published to the broker or accepted by the provider; it is not a proof of
delivery. A message that is to be tried again goes back to ``QUEUED`` with a later due time.
A receipt may come before the row that says "submitted" is written, so ``QUEUED`` may move to
``DELIVERED`` and ``READ`` at once, and a lone read receipt implies delivery.

Each message has exactly one outcome: delivered, failed or expired. ``READ`` is a delivered
message of which more is known. Every move is one UPDATE whose WHERE names the states it may
leave; whoever gets the row sends the receipt. A message from a device (MO) is ``RECEIVED``.
"""

from enum import IntEnum


class State(IntEnum):
    """Where a message is; stored as this number."""

    QUEUED = 0
    SUBMITTED = 1
    DELIVERED = 2
    READ = 3
    FAILED = 4
    EXPIRED = 5
    RECEIVED = 6


#: From each state, the states that may follow.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset(
        {State.SUBMITTED, State.DELIVERED, State.READ, State.FAILED, State.EXPIRED}
    ),
    State.SUBMITTED: frozenset(
        {State.QUEUED, State.DELIVERED, State.READ, State.FAILED, State.EXPIRED}
    ),
    State.DELIVERED: frozenset({State.READ}),
    State.READ: frozenset(),
    State.FAILED: frozenset(),
    State.EXPIRED: frozenset(),
    State.RECEIVED: frozenset(),
}

#: Messages of which the outcome is still open.
OPEN: frozenset[State] = frozenset({State.QUEUED, State.SUBMITTED})
