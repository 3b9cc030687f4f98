"""From events to what rules are to do about them: rows of ``RuleRun``, written with the event.

One transaction takes events and writes what follows from each. A rule that it looks at is held
until then, so that its limits hold however many processors there are.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from imiconnect.apps.models import App
from imiconnect.rtm.models import Customer
from imiconnect.rtm.sql import again_after_deadlock, cursor
from imiconnect.sharing.models import Allocation, NumberAllocation, Rule, RuleRun, Service
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.limits import Past, past_of
from imiconnect.sharing.rules.matching import judge
from imiconnect.sharing.rules.rendering import render
from imiconnect.sharing.rules.vocabulary import Listens

BATCH = 200
#: A rule that leads to itself is left out at once; so many different ones may lead on.
LONGEST_CHAIN = 5
#: The idempotency key of what a rule sends; by it a receipt finds the rule.
KEY = "rule:"

LOOP = "The action of this rule led to the event: it is not repeated."

_TAKE = """
WITH due AS (SELECT id FROM rtm_ruleevent WHERE due_at <= %b ORDER BY due_at, id LIMIT %b
  FOR UPDATE SKIP LOCKED)
DELETE FROM rtm_ruleevent e USING due WHERE e.id = due.id
RETURNING e.id, e.kind, e.organization_id, e.service_id, e.app_id, e.number_id, e.channel,
  e.address, e.message_id, e.transid, e.thread_id, e."values", e.before, e.happened_at
"""
_NAMES = (
    "id", "kind", "organization_id", "service_id", "app_id", "number_id", "channel", "address",
    "message_id", "transid", "thread_id", "values", "before", "at",
)  # fmt: skip
_CAUSES = """
SELECT k.transid, r.chain FROM rtm_idempotencykey k
JOIN sharing_rulerun r ON r.id::text = substr(k.key, 6)
WHERE k.transid = ANY(%b::uuid[]) AND k.key LIKE 'rule:%%'
"""
_CUSTOMERS = """
SELECT DISTINCT ON (d.app_id, d.user_id) d.app_id, d.user_id, d.customer_id
FROM unnest(%b::uuid[], %b::text[]) u (app_id, user_id)
JOIN rtm_device d ON d.app_id = u.app_id AND d.user_id = u.user_id
WHERE d.customer_id IS NOT NULL ORDER BY d.app_id, d.user_id, d.id DESC
"""
_CONTACTS = """
SELECT k.app_id, k.address, k.customer_id, k.profile
FROM unnest(%b::uuid[], %b::text[]) u (app_id, address)
JOIN rtm_contact k ON k.app_id = u.app_id AND k.address = u.address
"""


@again_after_deadlock
@transaction.atomic
def plan_due(*, limit: int, now: dt.datetime) -> int:
    """Turn due events into what is to be done; return how many events there were."""
    with cursor() as own:
        own.execute(_TAKE, [now, limit])
        rows = own.fetchall()
    events = [Event(**dict(zip(_NAMES, row, strict=True))) for row in rows]
    if not events:
        return 0
    events.sort(key=lambda event: event.id)
    services = services_of(events)
    rules = _rules({key for keys in services.values() for key in keys})
    if rules:
        RuleRun.objects.bulk_create(_runs(events, services, rules, now), ignore_conflicts=True)
    return len(events)


def services_of(events: Sequence[Event]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return the services whose rules see each event."""
    open_ones = [event for event in events if event.service_id is None]
    apps = {event.app_id for event in open_ones if event.app_id}
    numbers = {event.number_id for event in open_ones if event.number_id}
    users: dict[Any, list[uuid.UUID]] = defaultdict(list)
    # The service that gets what comes in is the first one, as for the MO processor.
    for row in Allocation.objects.usable().filter(app__in=apps).by_turn():
        if row.service_id not in users[row.app_id]:
            users[row.app_id].append(row.service_id)
    for line in NumberAllocation.objects.filter(number__in=numbers, is_inbound=True):
        users[(line.number_id, line.channel)].append(line.service_id)
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for event in events:
        if event.service_id:
            found[event.id] = [event.service_id]
            continue
        of_app = users.get(event.app_id, [])
        of_number = users.get((event.number_id, event.channel), [])
        found[event.id] = of_number or (of_app if event.kind == Listens.DEVICE else of_app[:1])
    return found


def _rules(services: set[uuid.UUID]) -> dict[uuid.UUID, list[Rule]]:
    """Return the active rules of live services in their order, each of them held."""
    rows = Rule.objects.filter(
        service__in=services,
        service__state=Service.State.LIVE,
        organization__is_active=True,
        is_active=True,
    )
    held = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    apps = App.objects.in_bulk({rule.app_id for rule in held if rule.app_id})
    found: dict[uuid.UUID, list[Rule]] = defaultdict(list)
    for rule in sorted(held, key=lambda rule: (rule.position, rule.pk)):
        rule.app = apps.get(rule.app_id)
        found[rule.service_id].append(rule)
    return found


def _runs(
    events: Sequence[Event],
    services: Mapping[uuid.UUID, list[uuid.UUID]],
    rules: Mapping[uuid.UUID, list[Rule]],
    now: dt.datetime,
) -> Iterable[RuleRun]:
    known = variables_of(events)
    causes = _causes(events)
    every = [rule for rows in rules.values() for rule in rows]
    past = past_of(every, {event.address for event in events}, now)
    apps = {rule.send_app_id for rule in every} | {event.app_id for event in events}
    app_ids = dict(
        App.objects.filter(pk__in=[app for app in apps if app]).values_list("pk", "app_id")
    )
    for event in events:
        chain = causes.get(event.transid, []) if event.transid else []
        for rule in (rule for key in services[event.id] for rule in rules.get(key, ())):
            variables = known[event.id]
            if not judge(rule, event, variables, now).matches:
                continue
            act = render(rule, event, variables, app_ids)
            yield _run(rule, event, chain, act, past, now)
            if rule.stops:
                break


def _run(
    rule: Rule,
    event: Event,
    chain: list[str],
    act: dict[str, Any],
    past: Past,
    now: dt.datetime,
) -> RuleRun:
    is_loop = str(rule.pk) in chain or len(chain) >= LONGEST_CHAIN
    obstacle = LOOP if is_loop else past.obstacle(rule, event.address, now)
    if not obstacle:
        past.add(rule, event.address, now)
    return RuleRun(
        rule=rule,
        service_id=rule.service_id,
        event_id=event.id,
        event_kind=event.kind,
        channel=event.channel,
        address=event.address,
        message_id=event.message_id,
        chain=[*chain, str(rule.pk)],
        act=act,
        state=RuleRun.State.SKIPPED if obstacle else RuleRun.State.PENDING,
        reason=obstacle,
        due_at=None if obstacle else now,
    )


def variables_of(events: Sequence[Event]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return what each event tells, with the profile of its customer.

    Below the master profile lies what the channel's provider tells of the contact.
    """
    customers, contacts = _customers_at(events)
    customers |= _named_customers(events)
    found = {}
    for event in events:
        variables = event.variables()
        place = (event.app_id, event.address)
        customer = customers.get(place) or customers.get(
            (event.organization_id, variables.get("customer_id"))
        )
        profile = dict(contacts.get(place, {}))
        if customer:
            variables["customer_id"] = customer.customer_id
            profile |= customer.attributes
        for name, value in profile.items():
            variables[f"profile.{name}"] = value
        found[event.id] = variables
    return found


def _customers_at(
    events: Sequence[Event],
) -> tuple[dict[Any, Customer], dict[Any, dict[str, Any]]]:
    """Return the customers behind users of apps, and the profiles of contacts, by place."""
    places = {(e.app_id, e.address) for e in events if e.app_id and e.address}
    if not places:
        return {}, {}
    columns = [list(column) for column in zip(*places, strict=True)]
    with cursor() as own:
        own.execute(_CUSTOMERS, columns)
        keys = {row[:2]: row[2] for row in own.fetchall()}
        own.execute(_CONTACTS, columns)
        contacts = own.fetchall()
    keys |= {row[:2]: row[2] for row in contacts if row[2]}
    rows = Customer.objects.in_bulk(set(keys.values()))
    customers = {place: rows[key] for place, key in keys.items() if key in rows}
    return customers, {row[:2]: row[3] for row in contacts}


def _named_customers(events: Sequence[Event]) -> dict[Any, Customer]:
    """Return the customers that events name by the organization's own id."""
    ids = {str(e.values["customer_id"]) for e in events if e.values.get("customer_id")}
    rows = Customer.objects.filter(
        organization__in={event.organization_id for event in events}, customer_id__in=ids
    )
    return {(row.organization_id, row.customer_id): row for row in rows} if ids else {}


def _causes(events: Sequence[Event]) -> dict[uuid.UUID, list[str]]:
    """Return, by transid, the rules whose actions led to a request."""
    wanted = list({event.transid for event in events if event.transid})
    if not wanted:
        return {}
    with cursor() as own:
        own.execute(_CAUSES, [wanted])
        return {row[0]: row[1] for row in own.fetchall()}
