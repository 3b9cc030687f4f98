"""What the destination's country allows of a sender: the restrictions, applied before sending.

The data is that of Tools > SMS RESTRICTIONS; what is unknown there is not held against a
message. Quiet hours and rules of content are in ``country_rules.py``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from imiconnect.numbers.carriers.messaging import SenderKind
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Country, Number, SmsRestriction
from imiconnect.rtm.outcomes import Reason
from imiconnect.rtm.telecom.addresses import country_of
from imiconnect.rtm.telecom.senders import Sender

#: "Invalid Sender ID" (facts/imiconnect.md, section 14).
INVALID_SENDER = 7101
Alphanumeric = SmsRestriction.Alphanumeric
Numeric = SmsRestriction.Numeric


@dataclass(frozen=True)
class _Rules:
    name: str
    alphanumeric: str
    numeric: str


class Restrictions:
    """The rules of some countries, and which Sender IDs are registered there."""

    def __init__(self, wanted: Iterable[tuple[object, Sender, str]]) -> None:
        """Read what is asked of (organization, sender, destination): two queries at most."""
        wanted = list(wanted)
        countries = {country_of(to) for _org, _sender, to in wanted}
        rows = SmsRestriction.objects.filter(country__in=countries).values_list(
            "country", "country__name", "alphanumeric_sender_id", "numeric_sender"
        )
        self._rules = {row[0]: _Rules(*row[1:]) for row in rows}
        words = {
            (organization, sender.shown.casefold())
            for organization, sender, to in wanted
            if sender.kind == SenderKind.ALPHANUMERIC and self._must_register(to)
        }
        self._registered = self._read_registered(words) if words else set()
        self._names: dict[str, str] = {}

    def _must_register(self, to: str) -> bool:
        rules = self._rules.get(country_of(to))
        return bool(rules and rules.alphanumeric == Alphanumeric.PREREGISTRATION)

    def _read_registered(self, words: set[tuple[object, str]]) -> set[tuple[object, str, str]]:
        rows = Number.objects.filter(
            organization__in={organization for organization, _ in words},
            kind=Kind.SENDER_ID,
            state=State.ACTIVE,
            folded__in={word for _, word in words},
        )
        return set(rows.values_list("organization", "folded", "country"))

    def obstacle(self, organization: object, sender: Sender, to: str) -> Reason | None:
        """Return why the destination's country refuses the sender, or None."""
        country = country_of(to)
        if sender.kind == SenderKind.SHORT_CODE:
            return self._short_code(sender, country)
        rules = self._rules.get(country)
        if rules is None:
            return None
        if sender.kind == SenderKind.ALPHANUMERIC:
            return self._alphanumeric(organization, sender, country, rules)
        if rules.numeric == Numeric.NOT_SUPPORTED and country_of(sender.shown) != country:
            return _refused(
                _("Numbers of other countries are not supported as senders in %(country)s."),
                country=rules.name,
            )
        return None

    def _alphanumeric(
        self, organization: object, sender: Sender, country: str, rules: _Rules
    ) -> Reason | None:
        if rules.alphanumeric == Alphanumeric.NOT_SUPPORTED:
            return _refused(
                _("Alphanumeric Sender IDs are not supported in %(country)s."),
                country=rules.name,
            )
        key = (organization, sender.shown.casefold(), country)
        if rules.alphanumeric == Alphanumeric.PREREGISTRATION and key not in self._registered:
            return _refused(
                _("The Sender ID %(sender)s is not registered in %(country)s."),
                country=rules.name,
                sender=sender.shown,
            )
        return None

    def _short_code(self, sender: Sender, country: str) -> Reason | None:
        if not sender.country or sender.country == country:
            return None
        return _refused(
            _("The short code %(sender)s works in %(country)s alone."),
            country=self._name(sender.country),
            sender=sender.shown,
        )

    def _name(self, iso2: str) -> str:
        if iso2 not in self._names:
            found = Country.objects.filter(pk=iso2).values_list("name", flat=True).first()
            self._names[iso2] = str(found or iso2)
        return self._names[iso2]


def _refused(text: str, **words: str) -> Reason:
    return Reason(INVALID_SENDER, text % words)
