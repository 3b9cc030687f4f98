"""From a customer's message to the next step of on-boarding.

Call ``onboard`` in the transaction that takes messages in, after the contact of each was
written: whoever holds a contact's row has its conversation alone, and each message has its
effect once.
"""

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Onboarding
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.console.words import Words
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Contact, Customer, OnboardingStep
from imiconnect.rtm.models.onboarding import MOST_WRONG
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.onboarding import codes, words
from imiconnect.rtm.telecom.addresses import digits_of

LIFETIME = dt.timedelta(minutes=words.MINUTES)
#: One-time passwords that one address may ask for, and one customer may get, in an hour.
MOST_AN_HOUR = 5
_HOUR = dt.timedelta(hours=1)

Stage = OnboardingStep.Stage


def onboard(app: App, events: Iterable[Event]) -> set[str]:
    """Take the steps that messages make; return the ids of those that are a password."""
    settings = registry.get(app.channel_type).onboarding(app.config)
    hidden: set[str] = set()
    if settings is None:
        return hidden
    for event in events:
        if not isinstance(event, Incoming) or not (event.address and event.provider_id):
            continue
        contact = Contact.objects.select_for_update().get(app=app, address=event.address)
        known = OnboardingStep.objects.filter(app=app, provider_id=event.provider_id)
        if not event.text.strip() or known.exists():
            continue
        step = _Conversation(app, contact, settings, timezone.now()).next(event.text)
        if step is None:
            continue
        if step.had_code:
            hidden.add(event.provider_id)
        OnboardingStep.objects.create(
            app=app, address=event.address, provider_id=event.provider_id, **step.values
        )
        transaction.on_commit(lambda: nudge("rules"), robust=True)
    return hidden


@dataclass(frozen=True)
class _Next:
    """A step to be written; ``had_code`` where the message was a password."""

    values: dict[str, Any]
    had_code: bool = False


@dataclass(frozen=True)
class _Conversation:
    """An address, and where it stands."""

    app: App
    contact: Contact
    settings: Onboarding
    now: dt.datetime

    def next(self, text: str) -> _Next | None:
        """Return the step that a text makes, None for one that is not about on-boarding."""
        text = _plain(text)
        first, *rest = text.split(maxsplit=1) or [""]
        if first.casefold() == _plain(self.settings.start_keyword).casefold():
            return self._start("".join(rest))
        if first.casefold() == _plain(self.settings.stop_keyword).casefold():
            return self._stop("".join(rest))
        last = self._steps().order_by("-id").first()
        if last is None:
            return None
        if last.stage == Stage.ASKED and last.ends_at > self.now:
            return self._identified(text)
        code = codes.typed_code(text)
        return self._typed(last, code) if code and last.stage == Stage.CODE else None

    def _steps(self) -> Any:
        return OnboardingStep.objects.filter(app=self.app, address=self.contact.address)

    def _step(self, stage: Stage, reply: Words, **values: Any) -> _Next:
        had_code = values.pop("had_code", False)
        told = {
            "minutes": words.MINUTES,
            "keyword": self.settings.start_keyword,
            **values.pop("told", {}),
        }
        common = {"stage": stage, "reply": str(reply) % told, "due_at": self.now}
        return _Next(common | values, had_code)

    def _start(self, identifier: str) -> _Next:
        if not self.settings.sender_id:
            problem = "The app has no Sender ID for one-time passwords."
            return self._step(Stage.ENDED, words.NOT_OFFERED, problem=problem)
        if identifier:
            return self._identified(identifier)
        ask = words.ASK[self.settings.start_identifier]
        return self._step(Stage.ASKED, ask, ends_at=self.now + LIFETIME)

    def _identified(self, identifier: str) -> _Next:
        """Wait for a password; for an unknown customer too, so that nobody can tell."""
        hour = self._steps().filter(created_at__gt=self.now - _HOUR)
        if hour.filter(stage=Stage.CODE, wrong=0).count() >= MOST_AN_HOUR:
            problem = "The address asked for too many one-time passwords."
            return self._step(Stage.ENDED, words.TOO_OFTEN, problem=problem)
        customer = self._customer(self.settings.start_identifier, identifier)
        problem = self._obstacle(customer)
        key = uuid7()
        code = codes.digest_of(self.app.pk, self.contact.address, codes.code_of(key))
        return self._step(
            Stage.CODE,
            words.CODE_SENT,
            id=key,
            customer=None if problem else customer,
            digest=codes.no_digest() if problem else code,
            sends_code=not problem,
            problem=problem,
            ends_at=self.now + LIFETIME,
        )

    def _obstacle(self, customer: Customer | None) -> str:
        """Return why a customer gets no password, empty when one is sent."""
        if customer is None:
            return "No customer, or more than one, has the identifier."
        if not digits_of(str(customer.attributes.get("msisdn", ""))):
            return "The customer's profile has no mobile number."
        sent = OnboardingStep.objects.filter(customer=customer, sends_code=True)
        if sent.filter(created_at__gt=self.now - _HOUR).count() >= MOST_AN_HOUR:
            return "The customer got too many one-time passwords."
        return ""

    def _customer(self, kind: str, identifier: str) -> Customer | None:
        """Return the only customer that an identifier names."""
        rows = Customer.objects.filter(organization=self.app.organization_id)
        if kind == "msisdn":
            digits = digits_of(identifier)
            rows = rows.with_msisdn(digits) if digits else rows.none()
        elif kind == "email":
            rows = rows.with_email(identifier)
        else:
            rows = rows.filter(customer_id=identifier)
        found = list(rows[:2])
        return found[0] if len(found) == 1 else None

    def _typed(self, last: OnboardingStep, code: str) -> _Next:
        if last.ends_at is None or last.ends_at <= self.now:
            return self._step(Stage.ENDED, words.OVER, had_code=True)
        address = self.contact.address
        if last.customer and codes.is_code(last.digest, self.app.pk, address, code):
            return self._linked(last.customer)
        wrong = last.wrong + 1
        if wrong >= MOST_WRONG:
            reply = words.TOO_MANY_WRONG
            return self._step(Stage.ENDED, reply, wrong=wrong, had_code=True)
        return self._step(
            Stage.CODE,
            words.WRONG,
            wrong=wrong,
            customer=last.customer,
            digest=last.digest,
            ends_at=last.ends_at,
            had_code=True,
            told={"left": MOST_WRONG - wrong},
        )

    def _linked(self, customer: Customer) -> _Next:
        before = self.contact.customer
        self.contact.customer = customer
        self.contact.save(update_fields=["customer"])
        self._record("contact.linked", before, customer)
        # The password has served: it leaves the message log now.
        self._steps().filter(sent_at__isnull=False, due_at__isnull=False).update(
            due_at=self.now
        )
        told = {"keyword": self.settings.stop_keyword}
        return self._step(
            Stage.LINKED, words.LINKED, customer=customer, told=told, had_code=True
        )

    def _stop(self, identifier: str) -> _Next:
        """Unlink; an identifier that is told must be the linked customer's."""
        customer = self.contact.customer
        if customer and identifier:
            named = self._customer(self.settings.stop_identifier, identifier)
            customer = customer if named == customer else None
        if customer is None:
            return self._step(Stage.ENDED, words.NOT_LINKED, problem="No such link.")
        self.contact.customer = None
        self.contact.save(update_fields=["customer"])
        self._record("contact.unlinked", customer, None)
        return self._step(Stage.UNLINKED, words.UNLINKED, customer=customer)

    def _record(self, action: str, before: Customer | None, after: Customer | None) -> None:
        record(
            action,
            self.contact,
            organization_id=self.app.organization_id,
            before={"customer": before.customer_id} if before else {},
            after={"customer": after.customer_id} if after else {},
        )


def _plain(text: str) -> str:
    """Return a text without full-width letters and digits, as some keyboards write them."""
    return unicodedata.normalize("NFKC", text).strip()
