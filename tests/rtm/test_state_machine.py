"""One message through every order of events, and what must hold after each of them."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from imiconnect.rtm import broker
from imiconnect.rtm.checks import violations
from imiconnect.rtm.models import (
    Attempt,
    Callback,
    Message,
    MessageBatch,
    OpenMessage,
    Receipt,
)
from imiconnect.rtm.processors import dr, expiry, mt
from imiconnect.rtm.processors.claims import LEASE_SECONDS, take
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.protocol.states import MOVES, State
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db

ENDED = {State.DELIVERED, State.READ, State.FAILED, State.EXPIRED}


class OneMessage(RuleBasedStateMachine):
    """The rows of a message that lives for an hour and may be retried twice."""

    service: Service
    works = True

    def __init__(self) -> None:
        """Open a transaction that is rolled back at the end."""
        super().__init__()
        self._atomic = transaction.atomic()
        self._atomic.__enter__()
        self.now = timezone.now()
        self.sent_after_outcome = 0
        self.seen = State.QUEUED

    @initialize()
    def accept(self) -> None:
        """Commit the message."""
        app = self.service.allocations.get().app
        transid, ids = request_ids(1)
        self.id = ids[0]
        self.app_id = app.pk
        expires = self.now + dt.timedelta(hours=1)
        Message.objects.create(
            id=self.id, transid=transid, organization=app.organization, service=self.service,
            app=app, channel="rt", address="u1", payload={"message": "x"},
            created_at=self.now, expires_at=expires,
        )  # fmt: skip
        OpenMessage.objects.create(id=self.id, app_id=app.pk, address="u1", expires_at=expires)
        MessageBatch.objects.create(priority=2, due_at=self.now, size=1, messages=[self.id])

    def publish(self, _link: Any, batch: list[Any]) -> list[bool]:
        """Stand in for the broker, which works or does not."""
        if self.row.state in ENDED:
            self.sent_after_outcome += 1
        return [self.works] * len(batch)

    @property
    def row(self) -> Any:
        """The row as it is in the database."""
        return Message.objects.get(pk=self.id)

    @rule()
    def send(self) -> None:
        """The MT processor runs while the broker works."""
        self.works = True
        mt.process_due(now=self.now)

    @rule()
    def send_in_vain(self) -> None:
        """The MT processor runs while the broker is away."""
        self.works = False
        mt.process_due(now=self.now)

    @rule()
    def crash_after_the_claim(self) -> None:
        """A processor dies with the message claimed."""
        take(10, self.now)

    @rule()
    def receive_delivered(self) -> None:
        """The device confirms delivery."""
        self._receive(2)

    @rule()
    def receive_read(self) -> None:
        """The device confirms reading."""
        self._receive(3)

    @rule()
    def receive_foreign(self) -> None:
        """Somebody else confirms it."""
        self._receive(3, address="u2")
        self._receive(2, app_id=uuid.uuid4())

    @rule()
    def connect(self) -> None:
        """A device connects, and the wake-up comes due."""
        OpenMessage.objects.filter(pk=self.id, due_at=None).update(due_at=self.now)

    @rule()
    def wait_for_the_lease(self) -> None:
        """Time passes until a claim has ended and a retry is due."""
        self.now += dt.timedelta(seconds=max(61, LEASE_SECONDS + 1))

    @precondition(lambda self: self.now < timezone.now() + dt.timedelta(hours=1))
    @rule()
    def expire(self) -> None:
        """The expiry passes and the monitor runs."""
        self.now += dt.timedelta(hours=1)
        expiry.process_due(now=self.now)

    @invariant()
    def the_move_is_allowed(self) -> None:
        """A state follows from the one before, perhaps over several moves."""
        state = State(self.row.state)
        reachable, frontier = {self.seen}, {self.seen}
        while frontier:
            frontier = {after for state_ in frontier for after in MOVES[state_]} - reachable
            reachable |= frontier
        assert state in reachable
        self.seen = state

    @invariant()
    def nothing_is_sent_after_the_outcome(self) -> None:
        """A message with an outcome is never published."""
        assert self.sent_after_outcome == 0

    @invariant()
    def the_customer_hears_of_one_outcome(self) -> None:
        """Each kind of receipt is told once, and "failed" never with "delivered"."""
        rows = Callback.objects.filter(message_id=self.id)
        events = list(rows.values_list("event", flat=True))
        assert len(events) == len(set(events))
        assert not {"failed", "delivered"} <= set(events)
        assert ("delivered" in events) == (self.row.state in (State.DELIVERED, State.READ))
        assert ("failed" in events) == (self.row.state in (State.FAILED, State.EXPIRED))

    @invariant()
    def the_log_keeps_its_rules(self) -> None:
        """What ``check_messages`` looks for is not there, apart from what only waits."""
        broken = [v.rule.name for v in violations(timezone.now())]
        assert not [name for name in broken if not name.startswith("stuck")], broken

    @invariant()
    def tries_stay_within_the_policy(self) -> None:
        """No more than the first and two repeats fail in a row."""
        tries = Attempt.objects.filter(message_id=self.id).order_by("number")
        run = longest = 0
        for succeeded in tries.values_list("succeeded", flat=True):
            run = 0 if succeeded else run + 1
            longest = max(longest, run)
        assert longest <= 3

    def _receive(self, kind: int, **fields: Any) -> None:
        values = {"app_id": self.app_id, "address": "u1"} | fields
        Receipt.objects.create(tid=self.id, kind=kind, due_at=self.now, **values)
        dr.process_due(now=self.now)

    def teardown(self) -> None:
        """Roll everything back."""
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)


@pytest.mark.sampled
def test_any_order_of_events_keeps_the_rules(
    service: Service, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    machines: list[OneMessage] = []

    class Machine(OneMessage):
        def __init__(self) -> None:
            super().__init__()
            machines[:] = [self]

    Machine.service = service
    monkeypatch.setattr(
        broker.Link, "publish", lambda link, batch: machines[0].publish(link, batch)
    )
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=50 if whole else 12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
