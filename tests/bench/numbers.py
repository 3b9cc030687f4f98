"""The numbers list at 100,000 numbers, and preferred digits among 500,000 stock rows.

``BENCH_STOCK`` sets another number of stock rows (5,000,000 for the large bench).
"""

import os
import random
import re
import statistics
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imiconnect.accounts import services
from imiconnect.accounts.models import Member, Organization
from imiconnect.accounts.roles import Role
from imiconnect.identity import uuid7
from imiconnect.numbers.carriers.base import Query
from imiconnect.numbers.carriers.stock.carrier import matching
from imiconnect.numbers.carriers.stock.tokens import tokens_of
from imiconnect.numbers.models import Number, Place, RateCard
from imiconnect.numbers.services.searching import search_numbers
from imiconnect.numbers.text import search_grams
from imiconnect.sharing.models import NumberAllocation
from imiconnect.sharing.services import create_service
from tests.factories import client_of, make_user

NUMBERS = 100_000
#: A fifth of the stock is American Multi-Function, the rest is spread over the rate card.
BIG = ("US", "multi_function", 0.2)
#: Cities of the American ones: a few thousand numbers each, and so more than a page shows.
CITIES = 50
LISTS, SEARCHES = 120, 300
_OLDER = re.compile(r'cursor=([^"&]+)[^"]*" rel="next"')


def run() -> dict[str, float]:
    """Return p95 in milliseconds of list and search, and the queries of a list."""
    stock = int(os.environ.get("BENCH_STOCK", "500000"))
    client = _fill_numbers()
    _fill_stock(stock)
    lists, queries = _time_lists(client)
    return {
        "numbers_list_p95_ms": _p95(lists),
        "numbers_list_queries": queries,
        "stock_search_p95_ms": _p95(_time_searches()),
        "stock_city_search_p95_ms": _p95(_time_city_searches()),
        "stock_search_rows": stock,
    }


def _p95(seconds: list[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[94]


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({columns}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table}")


def _fill_numbers() -> Client:
    organization = services.create_organization(name=f"Bench {uuid7()}")
    user = make_user(name="Bench", email=f"{uuid7()}@example.test")
    member = services.add_member(user=user, level=organization, role=Role.ADMIN)
    now = timezone.now()
    chance = random.Random(1)
    kinds = ("phone_number", "phone_number", "sender_id")

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(NUMBERS):
            kind = kinds[number % 3]
            digits = f"44{7_400_000_000 + number * 97 % 99_999_999:010}"
            value = f"+{digits}" if kind == "phone_number" else f"BRAND{number}"
            folded = digits if kind == "phone_number" else value.lower()
            state = chance.choice(("active", "active", "pending", "rejected"))
            if kind == "phone_number" and state == "active" and number % 2:
                state = "released"
            yield (
                uuid7(), now, organization.pk, kind, value, folded, "", search_grams(folded),
                "GB", state, "", False, "", True, True, "USD", now,
            )  # fmt: skip

    columns = (
        "id, created_at, organization_id, kind, value, folded, skeleton, grams, country_id,"
        " state, reason, is_dedicated, number_type, voice, sms, currency, updated_at"
    )
    earlier = Number.objects.filter(kind="phone_number", value__startswith="+447")
    NumberAllocation.objects.filter(number__in=earlier).delete()
    earlier.delete()
    _copy("numbers_number", columns, rows())
    events = (
        (uuid7(), now, key, "active", "Bought", "")
        for key in Number.objects.filter(organization=organization)
        .values_list("pk", flat=True)
        .order_by("-id")[:2000]
    )
    _copy("numbers_numberevent", "id, created_at, number_id, state, text, actor_name", events)
    _map_numbers(organization, member)
    return client_of(member, SERVER_NAME="localhost")


def _map_numbers(organization: Organization, member: Member) -> None:
    """Let two services use the phone numbers that are active, so that the list names them."""
    made = [create_service(member=member, name=f"Bench {number}") for number in range(2)]
    active = Number.objects.active().filter(organization=organization, kind="phone_number")
    keys = list(active.values_list("pk", flat=True))
    rows = (
        (uuid7(), timezone.now(), service.pk, key, "phone_number", "sms", number == 0)
        for number, service in enumerate(made)
        for key in keys
    )
    columns = "id, created_at, service_id, number_id, kind, channel, is_inbound"
    _copy("sharing_numberallocation", columns, rows)


def _stock_rows(
    count: int, rates: list[RateCard], cities: list[int]
) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(2)
    country, kind, share = BIG
    big = next(r for r in rates if (r.country_id, r.number_type) == (country, kind))
    for number in range(count):
        rate = big if number < count * share else rates[number % len(rates)]
        national = f"{number % 10}{chance.randrange(10**2):02}{number:07}"
        yield (
            f"+{rate.country.calling_code}{national}"[:16], national, rate.country_id,
            rate.number_type, "", "available",
            tokens_of(rate.country_id, rate.number_type, national),
            cities[number % CITIES] if rate is big else None,
        )  # fmt: skip


def _fill_stock(count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE numbers_stocknumber")
    columns = "e164, national, country_id, number_type, operator, state, tokens, place_id"
    offered = RateCard.objects.filter(monthly_rental__isnull=False)
    # Read before the copy begins: its connection takes no other statement meanwhile.
    rates = list(offered.select_related("country"))
    cities = [
        Place(country_id=BIG[0], name=f"City {place}", folded=f"|city {place}")
        for place in range(CITIES)
    ]
    Place.objects.bulk_create(cities, ignore_conflicts=True)
    keys = list(Place.objects.filter(folded__startswith="|city ").values_list("pk", flat=True))
    _copy("numbers_stocknumber", columns, _stock_rows(count, rates, keys))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE numbers_stocknumber")


def _time_lists(client: Client) -> tuple[list[float], int]:
    asked = ("", "?kind=phone_number", "?country=GB", "?state=pending", "?search=7400 123",
             "?kind=sender_id&search=brand99", "?search=99")  # fmt: skip
    client.get("/numbers/")
    seconds, queries, older = [], 0, ""
    for number in range(LISTS):
        path = f"/numbers/{older or asked[number % len(asked)]}"
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            page = client.get(path)
            seconds.append(time.perf_counter() - began)
        assert page.status_code == 200, path
        queries = max(queries, len(captured))
        # The context is there in a test alone, where each rendering copies it.
        link = _OLDER.search(page.content.decode())
        older = f"?cursor={link[1]}" if link and number % 2 else ""
    return seconds, queries


def _time_searches() -> list[float]:
    chance = random.Random(3)
    rates = list(RateCard.objects.filter(monthly_rental__isnull=False))
    big = next(r for r in rates if (r.country_id, r.number_type) == BIG[:2])
    seconds = []
    for number in range(SEARCHES):
        rate = big if number % 2 else chance.choice(rates)
        length = chance.choice((2, 3, 3, 4, 5))
        digits = f"{chance.randrange(10**length):0{length}}"
        if number % 10 == 0:
            digits = f"{digits[:2]}*{digits[2:] or '7'}"
        began = time.perf_counter()
        search_numbers(rate=rate, digits=digits, match="anywhere")
        seconds.append(time.perf_counter() - began)
    return seconds


def _time_city_searches() -> list[float]:
    """Time searches in one city, half of them with digits, and in every city at once."""
    chance = random.Random(4)
    rate = RateCard.objects.get(country=BIG[0], number_type=BIG[1])
    seconds = []
    for number in range(SEARCHES):
        city = "City" if number % 10 == 0 else f"CITY {chance.randrange(CITIES)}"
        digits = f"{chance.randrange(1000):03}" if number % 2 else ""
        began = time.perf_counter()
        search_numbers(rate=rate, digits=digits, match="anywhere", locality=city)
        seconds.append(time.perf_counter() - began)
    return seconds


def plans() -> dict[str, str]:
    """Return the query plans of a search anywhere and of a page of the list."""
    search = matching(Query(BIG[0], BIG[1], "4567"))[:20]
    bench = Organization.objects.filter(
        name__startswith="Bench ", numbers__isnull=False
    ).first()
    page = Number.objects.filter(organization=bench).order_by("-id")[:51]
    found = Number.objects.filter(organization=bench).matching("7400123").order_by("-id")
    in_city = matching(Query(BIG[0], BIG[1])).filter(place__folded="|city 7")[:20]
    wanted = {"search": search, "city": in_city, "page": page, "found": found[:51]}
    return {name: query.explain(analyze=True, buffers=True) for name, query in wanted.items()}
