"""Import of stock and of the rate card: checked line by line, written whole or not at all."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from django.db import transaction
from django.utils.translation import gettext as _

from imiconnect.audit.services import record
from imiconnect.numbers.carriers.stock.demo import stock_row
from imiconnect.numbers.carriers.stock.places import keep_stock
from imiconnect.numbers.kinds import AddressRule, NumberType
from imiconnect.numbers.models import Country, RateCard, StockNumber
from imiconnect.numbers.numbering import parse, region_of

MAX_NUMBERS = 100_000
STOCK_COLUMNS = ("from", "to", "number_type", "operator")
_PRICES = {
    "monthly_rental_usd": "monthly_rental",
    "inbound_voice_usd_per_min": "inbound_voice",
    "inbound_sms_usd": "inbound_sms",
    "outbound_sms_usd": "outbound_sms",
}
RATE_COLUMNS = (
    "iso2", "number_type", "voice", "sms", "address_requirement", *_PRICES, "source",
)  # fmt: skip
_BATCH = 5000


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line of the file; the header is line 1."""

    line: int
    text: str


@dataclass
class Report:
    """What a file holds: rows that can be written, and everything that is wrong."""

    rows: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    written: int = 0

    def wrong(self, line: int, text: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(line, text))


def _lines(text: str, columns: tuple[str, ...], report: Report) -> Iterator[tuple[int, Any]]:
    """Yield numbered lines; a wrong header or a line of another width is a problem."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        report.wrong(1, _("The header lacks these columns: %s.") % ", ".join(missing))
        return
    try:
        for line in reader:
            if None in line or None in line.values():
                report.wrong(reader.line_num, _("The line has another number of columns."))
            else:
                values = {name: (value or "").strip() for name, value in line.items()}
                yield reader.line_num, values
    except csv.Error as error:
        report.wrong(reader.line_num, _("The line cannot be read: %s.") % error)


def check_stock(text: str) -> Report:
    """Check a file of ranges, with ``STOCK_COLUMNS``; an empty ``to`` is one number."""
    report = Report()
    rates = {(rate.country_id, rate.number_type): rate for rate in RateCard.objects.all()}
    seen: dict[str, int] = {}
    for line, values in _lines(text, STOCK_COLUMNS, report):
        numbers = _range(values["from"], values["to"] or values["from"], line, report)
        if not numbers:
            continue
        rate = rates.get((region_of(numbers[0]) or "", values["number_type"]))
        if values["number_type"] not in NumberType.values:
            known = ", ".join(NumberType.values)
            report.wrong(line, _("number_type must be one of: %s.") % known)
        elif rate is None:
            report.wrong(line, _("The rate card has no such type in this country."))
        else:
            for e164 in numbers:
                if e164 in seen:
                    words = {"number": e164, "line": seen[e164]}
                    report.wrong(line, _("%(number)s is in line %(line)s too.") % words)
                seen[e164] = line
                report.rows.append(stock_row(e164, rate, values["operator"][:80]))
        if len(report.rows) > MAX_NUMBERS:
            report.wrong(line, _("A file can have 100,000 numbers. Split it."))
            return report
    _find_known(seen, report)
    return report


def _range(first: str, last: str, line: int, report: Report) -> list[str]:
    """Return the E.164 numbers of a range; all must exist in one country."""
    ends = (parse(first), parse(last))
    for text, number in dict(zip((first, last), ends, strict=True)).items():
        if number is None:
            words = {"number": text}
            report.wrong(line, _("%(number)s is no valid number with country code.") % words)
    if ends[0] is None or ends[1] is None:
        return []
    low, high = _as_int(ends[0]), _as_int(ends[1])
    if low > high or len(str(low)) != len(str(high)) or high - low >= MAX_NUMBERS:
        report.wrong(line, _("The range must rise, within 100,000 numbers of one length."))
        return []
    numbers = [f"+{value}" for value in range(low, high + 1)]
    bad = [e164 for e164 in numbers if region_of(e164) != region_of(numbers[0])]
    if bad or region_of(numbers[0]) is None:
        example = bad[0] if bad else numbers[0]
        report.wrong(line, _("%s is not valid in the country of the range.") % example)
        return []
    return numbers


def _as_int(number: phonenumbers.PhoneNumber) -> int:
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return int(text.removeprefix("+"))


def _find_known(seen: dict[str, int], report: Report) -> None:
    numbers = list(seen)
    for at in range(0, len(numbers), _BATCH):
        part = numbers[at : at + _BATCH]
        known = StockNumber.objects.filter(e164__in=part).values_list("e164", flat=True)
        for e164 in known:
            report.wrong(seen[e164], _("%s is in stock already.") % e164)


@transaction.atomic
def import_stock(text: str) -> Report:
    """Write a file of ranges, unless anything in it is wrong."""
    report = check_stock(text)
    if not report.problems:
        keep_stock(report.rows)
        report.written = len(report.rows)
        record("stock.imported", after={"numbers": report.written})
    return report


def check_rates(text: str) -> Report:
    """Check a rate card with the columns of ``number_catalogue.csv``."""
    report = Report()
    countries = set(Country.objects.values_list("iso2", flat=True))
    seen: dict[tuple[str, str], int] = {}
    for line, values in _lines(text, RATE_COLUMNS, report):
        before = len(report.problems)
        key = (values["iso2"].upper(), values["number_type"])
        if key[0] not in countries:
            report.wrong(line, _("%s is no ISO code of a country here.") % values["iso2"])
        _check_words(values, line, report)
        if key in seen:
            report.wrong(line, _("Country and type are in line %s too.") % seen[key])
        seen[key] = line
        prices = {
            name: _price(values[column], column, line, report)
            for column, name in _PRICES.items()
        }
        if len(report.problems) == before:
            report.rows.append(_rate(key, values, prices))
    return report


def _check_words(values: dict[str, str], line: int, report: Report) -> None:
    for name, known in (
        ("number_type", set(NumberType.values)),
        ("voice", {"0", "1"}),
        ("sms", {"0", "1"}),
        ("address_requirement", set(AddressRule.values)),
    ):
        if values[name] not in known:
            words = {"name": name, "known": ", ".join(sorted(known - {""}))}
            report.wrong(line, _("%(name)s must be one of: %(known)s.") % words)
    if values["voice"] == "0" and values["sms"] == "0":
        report.wrong(line, _("A number must take calls, SMS or both."))


def _price(text: str, column: str, line: int, report: Report) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 < price < 1_000_000:
        report.wrong(line, _("%s must be an amount above 0, or empty.") % column)
        return None
    return round(price, 5)


def _rate(key: tuple[str, str], values: dict[str, str], prices: dict[str, Any]) -> RateCard:
    return RateCard(
        country_id=key[0],
        number_type=key[1],
        voice=values["voice"] == "1",
        sms=values["sms"] == "1",
        address_requirement=values["address_requirement"],
        source=values["source"],
        **prices,
    )


@transaction.atomic
def import_rates(text: str) -> Report:
    """Write a rate card over the rows it names, unless anything in it is wrong.

    Numbers that are sold keep the price of their purchase.
    """
    report = check_rates(text)
    if not report.problems:
        skipped = {"id", "country", "number_type"}
        fields = [f.name for f in RateCard._meta.concrete_fields if f.name not in skipped]
        RateCard.objects.bulk_create(
            report.rows,
            update_conflicts=True,
            unique_fields=["country", "number_type"],
            update_fields=fields,
        )
        report.written = len(report.rows)
        record("rate_card.imported", after={"rates": report.written})
    return report
