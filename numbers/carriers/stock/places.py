"""The cities of our stock: written with its rows, looked for by any of their names."""

import difflib
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from imiconnect.numbers.carriers.stock.geography import place_of
from imiconnect.numbers.models import Place, StockNumber
from imiconnect.numbers.text import fold_place

_BATCH = 5000
#: Each city costs a look into the index; of more the first ones by name are searched.
_MOST = 8
_NAME = 500
#: How alike two names are that may be one, mistyped (difflib's ratio).
_ALIKE = 0.6


def keep_stock(rows: Iterable[StockNumber], *, ignore_conflicts: bool = False) -> None:
    """Write new rows with their places; those that the metadata knows no place of have none."""
    rows = list(rows)
    _name_places(rows)
    StockNumber.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=ignore_conflicts)


def locate_stock() -> int:
    """Give a place to the rows that were written without; return how many have one now."""
    found, last = 0, 0
    while True:
        rows = list(StockNumber.objects.filter(place=None, pk__gt=last).order_by("pk")[:_BATCH])
        if not rows:
            return found
        last = rows[-1].pk
        _name_places(rows)
        located = [row for row in rows if row.place_id]
        StockNumber.objects.bulk_update(located, ["place"], batch_size=_BATCH)
        found += len(located)


def _name_places(rows: list[StockNumber]) -> None:
    """Give rows their places, of which those that are new are written."""
    names = {row.e164: place_of(row.e164) for row in rows}
    wanted = {
        (row.country_id, names[row.e164][0][:_NAME]): names[row.e164]
        for row in rows
        if names[row.e164]
    }
    Place.objects.bulk_create(
        [
            Place(country_id=country, name=name, folded=_folded(every))
            for (country, name), every in sorted(wanted.items())
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    places = Place.objects.filter(
        country__in={country for country, _name in wanted},
        name__in={name for _country, name in wanted},
    )
    keys = {(place.country_id, place.name): place.pk for place in places}
    for row in rows:
        if name := names[row.e164]:
            row.place_id = keys[row.country_id, name[0][:_NAME]]


def _folded(names: Iterable[str]) -> str:
    parts = (fold_place(part) for name in names for part in name.split("/"))
    return "|" + "|".join(dict.fromkeys(part for part in parts if part))[: 2 * _NAME - 1]


def named(country: str, typed: str) -> list[int]:
    """Return the places whose name is, or begins with, these words; never half a word."""
    words = fold_place(typed)
    if not words:
        return []
    # Of letters, digits and spaces alone: nothing in it means something to a pattern.
    rows = Place.objects.filter(country=country, folded__regex=rf"\|{words}( |\||$)")
    return list(rows.order_by("name").values_list("pk", flat=True)[:_MOST])


def offered(country: str, number_type: str, like: str, limit: int) -> list[str]:
    """Return names of cities with numbers for sale, those most like ``like`` first.

    An empty ``number_type`` is any; the rest of them follow in the order of the alphabet.
    """
    rows = _with_stock(country, number_type).order_by("name")
    words = fold_place(like)
    if not words:
        return list(rows.values_list("name", flat=True)[:limit])
    names: dict[str, str] = {}
    every: list[str] = []
    for name, folded in rows.values_list("name", "folded"):
        every.append(name)
        for part in folded.removeprefix("|").split("|"):
            names.setdefault(part, name)
            names.setdefault(part.rpartition(" ")[0] or part, name)  # without its state
    close = difflib.get_close_matches(words, names, n=limit, cutoff=_ALIKE)
    return list(dict.fromkeys([names[part] for part in close] + every))[:limit]


def _with_stock(country: str, number_type: str) -> QuerySet[Place]:
    sold = StockNumber.objects.filter(
        place=OuterRef("pk"), state=StockNumber.State.AVAILABLE, place__isnull=False
    )
    if number_type:
        sold = sold.filter(number_type=number_type)
    return Place.objects.filter(country=country).filter(Exists(sold))
