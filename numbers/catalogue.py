"""Loading the reference data that ships in ``data/``: rates, SMS rules, code formats.

Loading only adds what is missing, so that what support has changed stays; ``update`` brings
the rows back to the files.
"""

import csv
import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from imiconnect.numbers.text import fold_word

FOLDER = Path(__file__).parent / "data"
#: The date on which the files were compiled (data/README.md).
COMPILED = dt.date(2026, 11, 22)
_DATED = re.compile(r"(20[12]\d)(?:-(0[1-9]|1[0-2]))?")

#: Words that mean the same to every sender (CTIA handbook; facts/sms.md section C).
RESERVED = {
    "opt_out": ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
    "opt_in": ("START", "UNSTOP", "YES"),
    "help": ("HELP", "INFO"),
}


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Yield the lines of a reference file by their column names."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def latest_date(source: str) -> dt.date:
    """Return the newest month that a source cell names, else when the file was compiled."""
    found = [dt.date(int(year), int(month or 1), 1) for year, month in _DATED.findall(source)]
    return min(max(found), COMPILED) if found else COMPILED


def load(models: Any, *, update: bool = False) -> dict[str, int]:
    """Put the files into the tables of ``models`` and return how many rows each has.

    ``models`` has the model classes as attributes: the package, or a migration's.
    """
    _countries(models)
    _rates(models, update)
    _restrictions(models, update)
    _formats(models, update)
    _words(models)
    if hasattr(models, "SmsHours"):
        load_sms_rules(models, update=update)
    tables = ("Country", "RateCard", "SmsRestriction", "ShortCodeFormat", "ReservedWord")
    return {name: getattr(models, name).objects.count() for name in tables}


def _write(model: Any, rows: list[Any], key: list[str], update: bool) -> None:
    if not update:
        model.objects.bulk_create(rows, ignore_conflicts=True)
        return
    skipped = {"id", *key, *(f"{name}_id" for name in key)}
    fields = [f.name for f in model._meta.concrete_fields if f.name not in skipped]
    model.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=key, update_fields=fields
    )


def _write_by_country(model: Any, rows: list[Any], update: bool) -> None:
    """Write rows that a country has several of: all of its rows, or none where it has some.

    Support may have changed any column, so that none tells which row of ours it was.
    """
    countries = {row.country_id for row in rows}
    known = model.objects.filter(country_id__in=countries)
    if update:
        known.delete()
    kept = set(known.values_list("country_id", flat=True))
    model.objects.bulk_create(row for row in rows if row.country_id not in kept)


def _countries(models: Any) -> None:
    import phonenumbers

    names = {row["iso2"]: row["country"] for row in rows_of("sms_restrictions.csv")}
    names |= {row["iso2"]: row["country"] for row in rows_of("number_catalogue.csv")}
    for row in rows_of("short_code_formats.csv"):
        names.setdefault(row["iso2"], row["iso2"])
    rows = []
    for iso2, name in sorted(names.items()):
        code = phonenumbers.country_code_for_region(iso2)
        rows.append(
            models.Country(iso2=iso2, name=name, calling_code=str(code) if code else "")
        )
    models.Country.objects.bulk_create(rows, ignore_conflicts=True)


def _rates(models: Any, update: bool) -> None:
    rows = [
        models.RateCard(
            country_id=row["iso2"],
            number_type=row["number_type"],
            voice=row["voice"] == "1",
            sms=row["sms"] == "1",
            address_requirement=row["address_requirement"],
            currency="USD",
            monthly_rental=_amount(row["monthly_rental_usd"]),
            inbound_voice=_amount(row["inbound_voice_usd_per_min"]),
            inbound_sms=_amount(row["inbound_sms_usd"]),
            outbound_sms=_amount(row["outbound_sms_usd"]),
            source=row["source"],
            checked_on=latest_date(row["source"]),
        )
        for row in rows_of("number_catalogue.csv")
    ]
    _write(models.RateCard, rows, ["country", "number_type"], update)


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if text.strip() else None


def _restrictions(models: Any, update: bool) -> None:
    names = (
        "alphanumeric_sender_id",
        "numeric_sender",
        "two_way_sms",
        "short_code_available",
        "quiet_hours",
        "other_content_restrictions",
        "source",
    )
    rows = [
        models.SmsRestriction(
            country_id=row["iso2"],
            checked_on=latest_date(row["source"]),
            **{name: row[name] for name in names},
        )
        for row in rows_of("sms_restrictions.csv")
    ]
    _write(models.SmsRestriction, rows, ["country"], update)


def load_sms_rules(models: Any, *, update: bool = False) -> None:
    """Put into the tables what of the countries' SMS rules a machine can apply.

    The files are our reading of ``sms_restrictions.csv``; each row quotes what it rests on.
    """
    # Migrations before 0010 have no column for it, and fill it in later.
    columns = {field.name for field in models.SmsHours._meta.concrete_fields}
    hours = [
        models.SmsHours(
            country_id=row["iso2"],
            covers=row["covers"],
            days=_days(row["days"]),
            opens=dt.time.fromisoformat(row["opens"]),
            closes=dt.time.fromisoformat(row["closes"]),
            source=row["source"],
            checked_on=COMPILED,
            **({"holidays": row["holidays"]} if "holidays" in columns else {}),
        )
        for row in rows_of("sms_hours.csv")
    ]
    _write_by_country(models.SmsHours, hours, update)
    names = ("kind", "value", "covers", "source")
    content = [
        models.SmsContentRule(
            country_id=row["iso2"],
            checked_on=COMPILED,
            **{name: row[name] for name in names},
        )
        for row in rows_of("sms_content_rules.csv")
    ]
    _write_by_country(models.SmsContentRule, content, update)


def _days(text: str) -> list[int]:
    """Return the days of ``1-5``, both ends included."""
    first, _dash, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _formats(models: Any, update: bool) -> None:
    rows = [
        models.ShortCodeFormat(
            country_id=row["iso2"],
            lengths=[int(length) for length in row["lengths"].split("|")],
            dedicated_available=row["dedicated_available"],
            shared_available=row["shared_available"],
            lead_time=row["lead_time"],
            source=row["source"],
            checked_on=latest_date(row["source"]),
        )
        for row in rows_of("short_code_formats.csv")
    ]
    _write(models.ShortCodeFormat, rows, ["country"], update)


def _words(models: Any) -> None:
    rows = [
        models.ReservedWord(word=word, folded=fold_word(word), meaning=meaning)
        for meaning, words in RESERVED.items()
        for word in words
    ]
    models.ReservedWord.objects.bulk_create(rows, ignore_conflicts=True)
