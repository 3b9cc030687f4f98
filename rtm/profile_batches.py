"""Writes of master profiles in batches, as the Profile API does them.

Those of app profiles are in ``app_profile_batches``.

A batch of at most 100 is carried out at once and its result kept, to be read by its transid.
Each record has an outcome of its own; one that cannot be done does not stop the others.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from imiconnect.accounts.models import Organization
from imiconnect.audit.services import record
from imiconnect.rtm.customers.services import checked_attributes
from imiconnect.rtm.models import Customer, ProfileBatch
from imiconnect.rtm.sql import again_after_deadlock

MAX_RECORDS = 100


class Outcome(Enum):
    """What became of a record or a batch: documented code and sentence.

    The codes are those of the vendor's pages createprofile, updateprofile, createappprofile
    and deleteappprofile (facts/imiconnect.md, 13 and 16).
    """

    DONE = ("1000", "Success")
    PARTIAL = ("1002", "Partial success")
    INVALID = ("7011", "The record has a value that cannot be used")
    FAILED = ("7004", "No record could be processed")
    EXISTS = ("7015", "The profile exists already")
    UNKNOWN = ("7014", "Customer not found")
    NO_APP_PROFILE = ("7014", "App profile not found")
    NOT_LINKED = ("7018", "Invalid app profile or app profile not linked to this client")

    def __init__(self, code: str, description: str) -> None:
        """Split the value into what it means."""
        self.code = code
        self.description = description


@dataclass(frozen=True)
class Record:
    """One record of a batch; ``problem`` says why it cannot be processed."""

    customer_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


Outcomes = dict[int, Outcome]
Work = Callable[[Organization, dict[int, Record]], Outcomes]


def create_profiles(*, organization: Organization, records: Sequence[Record]) -> ProfileBatch:
    """Make profiles; those that exist already are left as they are."""
    return run_batch("customers.created", organization, records, _create)


def update_profiles(*, organization: Organization, records: Sequence[Record]) -> ProfileBatch:
    """Merge attributes into profiles; None as a value removes the attribute."""
    return run_batch("customers.updated", organization, records, _update)


def delete_profiles(*, organization: Organization, records: Sequence[Record]) -> ProfileBatch:
    """Delete profiles; their devices stay registered, without a customer."""
    return run_batch("customers.deleted", organization, records, _delete)


@again_after_deadlock
@transaction.atomic
def run_batch(
    action: str, organization: Organization, records: Sequence[Record], work: Work
) -> ProfileBatch:
    """Carry out the records that can be, keep the result, and record it as ``action``.

    ``work`` gets the sound records by their place in the batch and returns what became of each.
    """
    sound = {index: row for index, row in enumerate(records) if not row.problem}
    outcomes = work(organization, sound)
    batch: ProfileBatch = ProfileBatch.objects.create(
        organization=organization, result=_result(records, outcomes)
    )
    record(action, batch, organization_id=organization.pk, after=_counts(batch.result))
    return batch


def _create(organization: Organization, records: dict[int, Record]) -> Outcomes:
    told = {index: _attributes(row.attributes) for index, row in records.items()}
    first: dict[str, int] = {}
    for index, row in records.items():
        if told[index] is not None:
            first.setdefault(row.customer_id, index)
    known = set(_rows(organization, first).values_list("customer_id", flat=True))
    new = {
        index: Customer(
            organization=organization, customer_id=customer_id, attributes=told[index]
        )
        for customer_id, index in first.items()
        if customer_id not in known
    }
    Customer.objects.bulk_create(new.values(), ignore_conflicts=True)
    ours = {row.pk for row in new.values()}
    kept = set(Customer.objects.filter(pk__in=ours).values_list("pk", flat=True))
    done = {index for index, row in new.items() if row.pk in kept}
    return {
        index: Outcome.INVALID
        if told[index] is None
        else Outcome.DONE
        if index in done
        else Outcome.EXISTS
        for index in records
    }


def _update(organization: Organization, records: dict[int, Record]) -> Outcomes:
    wanted = [row.customer_id for row in records.values()]
    locked = _rows(organization, wanted).select_for_update().order_by("pk")
    rows = {row.customer_id: row for row in locked}
    outcomes = {}
    for index, told in records.items():
        customer = rows.get(told.customer_id)
        if customer is None:
            outcomes[index] = Outcome.UNKNOWN
            continue
        merged = _attributes({**customer.attributes, **told.attributes})
        outcomes[index] = Outcome.INVALID if merged is None else Outcome.DONE
        if merged is not None:
            customer.attributes = merged
    for customer in rows.values():
        customer.save(update_fields=["attributes", "updated_at"])
    return outcomes


def _attributes(told: dict[str, Any]) -> dict[str, Any] | None:
    """Return the attributes of a profile without those that are None; None for too many."""
    try:
        return checked_attributes(told)
    except ValidationError:
        return None


def _delete(organization: Organization, records: dict[int, Record]) -> Outcomes:
    rows = _rows(organization, [row.customer_id for row in records.values()])
    known = set(rows.values_list("customer_id", flat=True))
    rows.delete()
    outcomes = {}
    for index, row in records.items():
        outcomes[index] = Outcome.DONE if row.customer_id in known else Outcome.UNKNOWN
        known.discard(row.customer_id)
    return outcomes


def _rows(organization: Organization, customer_ids: Iterable[str]) -> "QuerySet[Customer]":
    rows: QuerySet[Customer] = Customer.objects.filter(
        organization=organization, customer_id__in=list(customer_ids)
    )
    return rows


def _result(records: Sequence[Record], outcomes: Outcomes) -> dict[str, Any]:
    results = []
    for index, row in enumerate(records):
        outcome = outcomes.get(index, Outcome.INVALID)
        results.append(
            {
                "code": outcome.code,
                "customerId": row.customer_id,
                "description": row.problem or outcome.description,
            }
        )
    done = sum(outcome is Outcome.DONE for outcome in outcomes.values())
    failed = len(records) - done
    whole = Outcome.DONE if not failed else Outcome.PARTIAL if done else Outcome.FAILED
    return {
        "TotalCount": len(records),
        "SuccessCount": done,
        "FailureCount": failed,
        "code": whole.code,
        "description": whole.description,
        "Results": results,
    }


def _counts(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in ("TotalCount", "SuccessCount", "FailureCount")}
