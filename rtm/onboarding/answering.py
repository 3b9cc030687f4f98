"""Answering the steps of on-boarding: ordinary messages of the service, each sent once.

Taking a step on moves its ``due_at`` ahead, so that another processor resumes it after a
crash; the keys of the requests make sending again change nothing.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.rtm.masking import MASK
from imiconnect.rtm.models import Message, OnboardingStep, UserPin
from imiconnect.rtm.onboarding import words
from imiconnect.rtm.onboarding.codes import code_of
from imiconnect.rtm.services import Refusal, Request, send_requests
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.sharing.models import Allocation

Row = TypeVar("Row", OnboardingStep, UserPin)
LEASE = dt.timedelta(seconds=60)
#: An answer that is later is none.
TOO_LATE = dt.timedelta(minutes=words.MINUTES)


def answer_due(*, limit: int, now: dt.datetime) -> int:
    """Send the answers that are due, hide passwords that are over; return how many steps."""
    steps = claimed(OnboardingStep.objects.all(), limit, now)
    _hide([step for step in steps if step.sent_at])
    waiting = [step for step in steps if not step.sent_at]
    late = [step for step in waiting if now - step.created_at > TOO_LATE]
    for step in late:
        _end(step, now, problem="It could not be answered in time.")
    _send([step for step in waiting if step not in late], now)
    return len(steps)


@transaction.atomic
def claimed(rows: "QuerySet[Row]", limit: int, now: dt.datetime) -> list[Row]:
    """Take on what is due of rows with app and customer; it is due again after ``LEASE``."""
    due = rows.filter(due_at__lte=now).order_by("due_at", "id")
    due = due.select_for_update(skip_locked=True, of=("self",))
    found = list(due.select_related("app", "customer")[:limit])
    rows.filter(pk__in=[row.pk for row in found]).update(due_at=now + LEASE)
    return found


def _send(steps: list[OnboardingStep], now: dt.datetime) -> None:
    services = hearers({step.app_id for step in steps})
    sent: list[tuple[OnboardingStep, bool]] = []
    requests: list[Request] = []
    for step in steps:
        service = services.get(step.app_id)
        if service is None:
            _end(step, now, problem="No service gets the app's incoming messages.")
            continue
        sent.append((step, False))
        requests.append(_request(service, step, "reply", _reply(step)))
        if code := _code(step):
            sent.append((step, True))
            requests.append(_request(service, step, "code", code))
    results = send_requests(requests) if requests else []
    problems: dict[uuid.UUID, str] = {}
    for (step, is_code), result in zip(sent, results, strict=True):
        if isinstance(result, Refusal):
            problems[step.pk] = result.sentence
        elif is_code:
            step.transid = result.transid
    for step in {step.pk: step for step, _is_code in sent}.values():
        _end(step, now, problem=problems.get(step.pk, ""))


def _request(
    service: uuid.UUID, step: OnboardingStep, part: str, body: dict[str, Any]
) -> Request:
    return Request(service, json.dumps(body).encode(), f"onboarding:{step.pk}:{part}")


def hearers(apps: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return which service gets the incoming messages of each app, as the MO processor has."""
    rows = Allocation.objects.hearing().filter(app__in=apps)
    return dict(rows.values_list("app_id", "service_id"))


def _reply(step: OnboardingStep) -> dict[str, Any]:
    kind = registry.get(step.app.channel_type)
    request = kind.request
    assert request is not None  # noqa: S101 - what has on-boarding sends
    name = request.names[0]
    return {
        "deliverychannel": name,
        "appid": step.app.app_id,
        "destination": [{request.id_types[0]: [step.address]}],
        "channels": {name: {"text": step.reply}},
        "expiry": _expiry(step.created_at + TOO_LATE),
    }


def _code(step: OnboardingStep) -> dict[str, Any] | None:
    """Return the request of the SMS; nothing for a step without one, or an erased customer."""
    settings = _settings(step.app)
    mobile = digits_of(str(step.customer.attributes.get("msisdn", ""))) if step.customer else ""
    if not (step.sends_code and mobile and settings and step.ends_at):
        return None
    text = str(words.SMS) % {"code": code_of(step.pk), "minutes": words.MINUTES}
    return {
        "deliverychannel": "sms",
        "destination": [{"msisdn": [mobile]}],
        "channels": {"sms": {"text": text, "senderid": settings.sender_id}},
        "expiry": _expiry(step.ends_at),
    }


def _settings(app: App) -> Any:
    return registry.get(app.channel_type).onboarding(app.config)


def _expiry(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _end(step: OnboardingStep, now: dt.datetime, *, problem: str) -> None:
    """Write down what came of an answer; a password stays in the log until it is over."""
    step.sent_at = now
    step.problem = problem or step.problem
    step.due_at = step.ends_at if step.transid else None
    step.save(update_fields=["sent_at", "problem", "due_at", "transid"])


@transaction.atomic
def _hide(steps: list[OnboardingStep]) -> None:
    """Take passwords that are over, or have served, out of the message log."""
    hide_texts([step.transid for step in steps if step.transid])
    keys = [step.pk for step in steps]
    OnboardingStep.objects.filter(pk__in=keys).update(due_at=None)


def hide_texts(transids: list[uuid.UUID]) -> None:
    """Take what requests have sent out of the message log; their outcome stays."""
    for message in Message.objects.filter(transid__in=transids):
        payload = message.payload | {"message": MASK}
        Message.objects.filter(pk=message.pk).update(payload=payload)
