"""Conditions of a request: who of its destinations is left out when the message is due.

An extension of the Messaging API. A condition looks at an attribute of the customer's profile
or of the state of a device, as it is when the message is about to be sent for the first time,
such as the battery (numbers-and-apps.txt, Mobile App). A message that is left out has failed
with the code ``SKIPPED`` and the condition that did not hold.
"""

import operator
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from imiconnect.rtm.outcomes import Reason
from imiconnect.rtm.sql import cursor

#: No documented code says that the sender wanted it so; the 73xx are free.
SKIPPED = 7301
MOST = 10
_MAX_NAME, _MAX_VALUE = 100, 500
#: Under which the request, and the payload in the log, has them.
FIELD = "conditions"

Attributes = dict[str, Any]
Test = Callable[[Any, Any], bool]

_WORDS: dict[str, tuple[str, Test]] = {
    "eq": ("is", operator.eq),
    "ne": ("is not", operator.ne),
    "lt": ("is below", operator.lt),
    "le": ("is at most", operator.le),
    "gt": ("is above", operator.gt),
    "ge": ("is at least", operator.ge),
    "in": ("is one of", lambda found, wanted: found in wanted),
}


class Condition(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One condition: ``attribute`` is ``customer.<name>`` or ``device.<name>``.

    An attribute that is not known does not fulfil a condition unless ``or_unknown`` is set.
    """

    attribute: str
    operator: Literal["eq", "ne", "lt", "le", "gt", "ge", "in"]
    value: str | float | bool | list[str | float]
    or_unknown: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """``customer`` or ``device``, and the name of the attribute."""
        kind, _, name = self.attribute.partition(".")
        return kind, name

    @property
    def words(self) -> str:
        """The condition in words."""
        return f"{self.attribute} {_WORDS[self.operator][0]} {self.value}"

    def holds(self, known: Attributes) -> bool:
        """Tell whether attributes fulfil it; numbers written as text count as numbers."""
        found = known.get(self.place[1])
        if found is None:
            return self.or_unknown
        if isinstance(self.value, float) and not isinstance(found, bool | int | float):
            found = _number(found)
        try:
            return _WORDS[self.operator][1](found, self.value)
        except TypeError:
            return False


def parse(raw: Any) -> list[dict[str, Any]]:
    """Return the conditions of a request as the log keeps them.

    Raises ``ValueError`` with a sentence for what is not as documented.
    """
    try:
        found = msgspec.convert(raw, list[Condition])
    except msgspec.ValidationError as error:
        raise ValueError(f"conditions are not as documented: {error}.") from None
    if len(found) > MOST:
        raise ValueError(f"conditions are more than {MOST}.")
    for number, condition in enumerate(found):
        kind, name = condition.place
        if kind not in ("customer", "device") or not 0 < len(name) <= _MAX_NAME:
            raise ValueError(
                f"conditions[{number}].attribute is not customer.<name> or device.<name>."
            )
        if (condition.operator == "in") != isinstance(condition.value, list):
            raise ValueError(f"conditions[{number}].value does not fit its operator.")
        if len(str(condition.value)) > _MAX_VALUE:
            raise ValueError(f"conditions[{number}].value is longer than {_MAX_VALUE}.")
    stored: list[dict[str, Any]] = msgspec.to_builtins(found)
    return stored


def unfulfilled(
    conditions: Iterable[Condition], customer: Attributes, devices: list[Attributes]
) -> Condition | None:
    """Return the first condition that does not hold, if any.

    Those of the device must hold together for one of the customer's devices.
    """
    of_devices: list[Condition] = []
    for condition in conditions:
        if condition.place[0] == "device":
            of_devices.append(condition)
        elif not condition.holds(customer):
            return condition
    broken = [
        next((c for c in of_devices if not c.holds(known)), None) for known in devices or [{}]
    ]
    return None if None in broken else broken[0]


_DEVICES = """
SELECT d.app_id, d.user_id, d.device_id, d.platform, d.is_connected, d.attributes,
  c.attributes
FROM unnest(%b::uuid[], %b::text[]) u (app_id, user_id)
JOIN rtm_device d ON d.app_id = u.app_id AND d.user_id = u.user_id
  AND d.unregistered_at IS NULL
LEFT JOIN rtm_customer c ON c.id = d.customer_id
ORDER BY d.is_connected DESC, d.last_seen_at DESC NULLS LAST
"""
_CUSTOMERS = """
SELECT c.organization_id, c.customer_id, c.attributes
FROM unnest(%b::uuid[], %b::text[]) u (organization_id, customer_id)
JOIN rtm_customer c ON c.organization_id = u.organization_id
  AND c.customer_id = u.customer_id
"""


class Subject(msgspec.Struct, frozen=True):
    """A message with conditions: where it goes, and what they are."""

    id: uuid.UUID
    organization_id: uuid.UUID
    app_id: uuid.UUID | None
    user_id: str
    address_type: str
    named: str | None
    raw: list[dict[str, Any]]


def left_out(subjects: list[Subject]) -> dict[uuid.UUID, Reason]:
    """Return those that are not to be sent, each with its reason; two queries at most."""
    if not subjects:
        return {}
    devices = _devices(subjects)
    customers = _customers(subjects)
    reasons = {}
    for subject in subjects:
        rows = devices.get((subject.app_id, subject.user_id), [])
        if subject.address_type == "deviceid":
            rows = [row for row in rows if row[0] == subject.named]
        known = customers.get((subject.organization_id, subject.named or ""))
        if known is None:
            known = next((row[2] for row in rows if row[2]), {})
        conditions = msgspec.convert(subject.raw, list[Condition])
        broken = unfulfilled(conditions, known, [row[1] for row in rows])
        if broken:
            reasons[subject.id] = Reason(SKIPPED, f"Skipped, unless {broken.words}.")
    return reasons


def _devices(
    subjects: list[Subject],
) -> dict[tuple[uuid.UUID | None, str], list[tuple[str, Attributes, Attributes]]]:
    users = {(s.app_id, s.user_id) for s in subjects if s.app_id}
    found = defaultdict(list)
    if users:
        with cursor() as own:
            own.execute(_DEVICES, [list(column) for column in zip(*users, strict=True)])
            for app, user, device, platform, connected, told, customer in own.fetchall():
                state = {**told, "platform": platform, "connected": connected}
                found[(app, user)].append((device, state, customer or {}))
    return found


def _customers(subjects: list[Subject]) -> dict[tuple[uuid.UUID, str], Attributes]:
    named = {
        (s.organization_id, s.named)
        for s in subjects
        if s.address_type == "customerid" and s.named
    }
    if not named:
        return {}
    with cursor() as own:
        own.execute(_CUSTOMERS, [list(column) for column in zip(*named, strict=True)])
        return {(row[0], row[1]): row[2] for row in own.fetchall()}


def _number(found: Any) -> Any:
    try:
        return float(str(found).rstrip("% "))
    except ValueError:
        return found
