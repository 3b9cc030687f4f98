"""Sender IDs: what a country allows, asking for one, and the decision of support."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Country, Number, SmsRestriction
from imiconnect.numbers.numbering import pretty
from imiconnect.numbers.querysets import NumberQuerySet
from imiconnect.numbers.services import history, mailing

#: An alphanumeric address has room for 11 GSM septets (facts/sms.md, section C).
MAX_ALPHANUMERIC = 11
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9 +\-_&]+")
_NUMERIC = re.compile(r"\+?[0-9 ()\-.]+")
Alphanumeric = SmsRestriction.Alphanumeric
Numeric = SmsRestriction.Numeric


@dataclass(frozen=True)
class Checked:
    """A Sender ID that may be asked for; ``number`` is the own number behind a numeric one."""

    value: str
    country: Country
    number: Number | None = None
    needs_registration: bool = False


def check_sender_id(*, member: Member, code: str, country: Country) -> Checked:
    """Return the Sender ID as it would be kept; raises ``ValidationError`` by field.

    ``code`` errors say what is wrong with it, ``country`` errors what the country forbids.
    """
    code = code.strip()
    if not code:
        raise ValidationError({"code": [_("Enter the desired sender code.")]})
    rules = SmsRestriction.objects.filter(country=country).first()
    if _NUMERIC.fullmatch(code):
        return _check_numeric(member, re.sub(r"\D", "", code), country, rules)
    return _check_alphanumeric(code, country, rules)


def _check_numeric(
    member: Member, digits: str, country: Country, rules: SmsRestriction | None
) -> Checked:
    """Two-way: the digits of an own number, with its country code, or of an own code."""
    active = Number.objects.active().filter(organization=member.organization_id, sms=True)
    own = active.filter(behind(digits, country.pk)).order_by("kind").first()
    if own is None:
        raise ValidationError({"code": [_numeric_refusal(active, digits)]})
    abroad = own.country_id != country.pk
    if abroad and rules and rules.numeric_sender == Numeric.NOT_SUPPORTED:
        raise ValidationError({"country": [_refusal(country, rules, numeric=True)]})
    return Checked(digits, country, own)


def behind(digits: str, country_id: str | None) -> Q:
    """Return the condition for the numbers that a numeric Sender ID of a country stands on."""
    phone = Q(kind=Kind.PHONE_NUMBER, value=f"+{digits}")
    return phone | Q(kind=Kind.SHORT_CODE, value=digits, country=country_id)


def is_kept(number: Number, condition: Q) -> bool:
    """Tell whether the organization has an active number for SMS that fits; lock it.

    The lock keeps it from being released before what stands on it is written. Call it in a
    transaction.
    """
    kept = Number.objects.active().filter(organization=number.organization_id, sms=True)
    return kept.filter(condition).select_for_update().first() is not None


def _numeric_refusal(active: NumberQuerySet, digits: str) -> str:
    national = digits.lstrip("0")
    without_code = active.filter(kind=Kind.PHONE_NUMBER, value__endswith=national)
    own = without_code.first() if len(national) >= 6 else None
    if own:
        digits = str(own.value).removeprefix("+")
        return _("Sender code must include the country code: %s.") % digits
    return _(
        "A numeric sender code must be a number of your own with SMS, including its country "
        "code, so that customers can answer. Buy the number first."
    )


def _check_alphanumeric(code: str, country: Country, rules: SmsRestriction | None) -> Checked:
    if len(code) > MAX_ALPHANUMERIC:
        raise ValidationError(
            {"code": [_("Sender code must be 11 characters or fewer when it has letters.")]}
        )
    if not _ALPHANUMERIC.fullmatch(code):
        raise ValidationError(
            {"code": [_("Sender code must have letters, digits, spaces and + - _ & only.")]}
        )
    if not any(letter.isalpha() for letter in code):
        raise ValidationError({"code": [_("Sender code must have at least one letter.")]})
    if rules and rules.alphanumeric_sender_id == Alphanumeric.NOT_SUPPORTED:
        raise ValidationError({"country": [_refusal(country, rules)]})
    registration = bool(rules and rules.alphanumeric_sender_id == Alphanumeric.PREREGISTRATION)
    return Checked(code, country, needs_registration=registration)


def _refusal(country: Country, rules: SmsRestriction, *, numeric: bool = False) -> str:
    kind = _("Numeric senders") if numeric else _("Alphanumeric Sender IDs")
    words = {"kind": kind, "country": country.name}
    text = _("%(kind)s are not supported in %(country)s.") % words
    why = rules.other_content_restrictions
    return f"{text} {why}." if why else text


@transaction.atomic
def request_sender_id(*, member: Member, code: str, country: Country) -> Number:
    """Ask for a Sender ID; one of an own number is active at once, others wait for support."""
    history.may_manage(member)
    checked = check_sender_id(member=member, code=code, country=country)
    own = checked.number
    if own and not is_kept(own, Q(pk=own.pk)):
        raise ValidationError({"code": [_("%s is being released.") % own]})
    text = _("Requested")
    if own:
        text = _("Two-way Sender ID of %s") % pretty(own.value)
    elif checked.needs_registration:
        text = _("Requested; it is registered in %s first") % country.name
    try:
        with transaction.atomic():
            return history.create(
                member=member,
                kind=Kind.SENDER_ID,
                value=checked.value,
                text=text,
                state=State.ACTIVE if own else State.PENDING,
                country=country,
            )
    except IntegrityError:
        raise ValidationError(
            {"code": [_("Your organization has this Sender ID in the country already.")]}
        ) from None


def offer_as_sender_id(*, member: Member, number: Number) -> Number:
    """Add a bought number as Sender ID with its country code, in its own country."""
    history.own(member, number)
    assert number.country is not None  # noqa: S101 - a phone number has one
    return request_sender_id(member=member, code=number.value, country=number.country)


def sender_id_of(number: Number) -> Number | None:
    """Return the live Sender ID that has the digits of a number."""
    found: Number | None = (
        Number.objects.live()
        .filter(organization=number.organization_id, kind=Kind.SENDER_ID, folded=number.folded)
        .first()
    )
    return found


@transaction.atomic
def approve(*, number: Number, note: str = "") -> None:
    """Let a Sender ID or keyword be used; by support."""
    history.moved(number, State.ACTIVE, note or _("Approved by support"))
    mailing.tell_requester(number)


@transaction.atomic
def reject(*, number: Number, reason: str) -> None:
    """Refuse a request with a reason that the requester reads; by support."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": [_("Enter the reason; the requester reads it.")]})
    history.moved(number, State.REJECTED, _("Rejected: %s") % reason, reason=reason)
    mailing.tell_requester(number)
