"""Cities of numbers for sale: where stock is, and how it is found there."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.base import Query
from imiconnect.numbers.carriers.stock.carrier import matching
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.carriers.stock.geography import place_of
from imiconnect.numbers.carriers.stock.places import keep_stock, named
from imiconnect.numbers.models import Place, RateCard, StockNumber
from imiconnect.numbers.services import importing
from imiconnect.numbers.services.searching import search_numbers
from tests.factories import client_of

SEARCH = "/numbers/get/phone-number/search/"
MUNICH, BERLIN, MOBILE = "+498912345678", "+493012345678", "+4915112345678"


def rate_of(country: str, number_type: str) -> RateCard:
    return RateCard.objects.get(country=country, number_type=number_type)


@pytest.fixture
def german(catalogue: None) -> RateCard:
    """The rate of German landlines, with one number each of Munich and Berlin."""
    rate = rate_of("DE", "landline")
    keep_stock(stock_row(e164, rate) for e164 in (MUNICH, BERLIN))
    return rate


@pytest.mark.parametrize(
    ("e164", "names"),
    [
        (MUNICH, ("Munich", "München")),
        ("+12125550123", ("New York, NY",)),
        (MOBILE, ()),
        ("+18005550123", ()),
        ("+6561234567", ()),
    ],
    ids=["two names", "with its state", "mobile", "toll-free", "a city that is a country"],
)
def test_the_metadata_knows_the_place_of_geographic_numbers(
    e164: str, names: tuple[str, ...]
) -> None:
    assert place_of(e164) == names


@pytest.mark.parametrize("typed", ["Munich", "MUNICH", "munich ", "München", "munchen"])
def test_a_city_is_found_by_any_of_its_names_in_any_case(german: RateCard, typed: str) -> None:
    found = search_numbers(rate=german, locality=typed).found
    assert [(row.e164, row.locality) for row in found] == [(MUNICH, "Munich")]


def test_a_city_is_named_by_its_first_words_never_by_half_a_word(catalogue: None) -> None:
    rate = rate_of("US", "multi_function")
    keep_stock(stock_row(e164, rate) for e164 in ("+14155552671", "+12125554155"))
    for typed in ("San Francisco", "san francisco, ca", "San"):
        found = search_numbers(rate=rate, locality=typed).found
        assert [row.locality for row in found] == ["San Francisco, CA"]
    for typed in ("San Fran", "Francisco", "York", "%", ".*"):
        assert named("US", typed) == []


def test_several_cities_of_a_name_are_one_list_in_order(catalogue: None) -> None:
    rate = rate_of("US", "multi_function")
    cities = [Place(country_id="US", name=name, folded=f"|{name.lower()}") for name in "AB"]
    Place.objects.bulk_create(cities)
    Place.objects.update(folded="|springfield")
    rows = [stock_row(f"+1201555{n:04}", rate) for n in range(8)]
    for n, row in enumerate(rows):
        row.place = cities[n % 2]
    StockNumber.objects.bulk_create(rows)
    found = search_numbers(rate=rate, locality="Springfield", digits="555").found
    assert [row.e164 for row in found] == [row.e164 for row in rows]


def test_a_city_without_numbers_names_those_to_try(german: RateCard) -> None:
    shelf = search_numbers(rate=german, locality="Berlinn")
    assert (shelf.found, shelf.in_city, shelf.cities) == ([], False, ["Berlin", "Munich"])
    assert search_numbers(rate=german, locality="Muenchen").cities == ["Munich", "Berlin"]
    shelf = search_numbers(rate=german, locality="Berlin", digits="999")
    assert (shelf.found, shelf.in_city, shelf.cities) == ([], True, [])


def test_sold_numbers_make_no_city(german: RateCard) -> None:
    StockNumber.objects.filter(e164=BERLIN).update(state="withdrawn")
    assert search_numbers(rate=german, locality="Berlin").cities == ["Munich"]


def test_the_page_shows_the_city_and_what_to_try(german: RateCard, admin: Member) -> None:
    client = client_of(admin)
    client.post("/numbers/get/phone-number/country/", {"country": "DE"})
    query = {"number_type": "landline", "locality": "munchen"}
    text = client.get(SEARCH, query).content.decode()
    assert 'data-label="City">Munich</td>' in text
    assert '<option value="Berlin">' in text
    text = client.get(SEARCH, query | {"locality": "Monaco"}).content.decode()
    assert "No Landline number is for sale in Monaco." in text
    assert "locality=Berlin#results-title" in text
    text = client.get(SEARCH, query | {"digits": "9999"}).content.decode()
    assert "There are numbers in munchen, but none fits." in text


def test_a_country_without_cities_is_not_asked_for_one(
    stock: list[str], uk_rate: RateCard, admin: Member
) -> None:
    client = client_of(admin)
    client.post("/numbers/get/phone-number/country/", {"country": "GB"})
    assert 'name="locality"' not in client.get(SEARCH).content.decode()


def test_a_program_is_told_cities_to_try(german: RateCard, admin: Member) -> None:
    query = {"country": "de", "number_type": "landline", "locality": "Minich"}
    answer = client_of(admin).get("/api/v1/numbers/available/", query).json()
    assert (answer["found"], answer["cities"]) == ([], ["Munich", "Berlin"])


def test_imported_numbers_have_the_place_that_the_metadata_knows(catalogue: None) -> None:
    rate_of("DE", "landline")
    file = f"from,to,number_type,operator\n{MUNICH},,landline,Own\n{MOBILE},,multi_function,\n"
    RateCard.objects.get_or_create(country_id="DE", number_type="multi_function")
    assert importing.import_stock(file).written == 2
    rows = StockNumber.objects.order_by("e164").values_list("e164", "place__name", "operator")
    assert list(rows) == [(MOBILE, None, ""), (MUNICH, "Munich", "Own")]


def test_older_stock_gets_its_places_once_it_is_asked_for(
    german: RateCard, capsys: pytest.CaptureFixture[str]
) -> None:
    StockNumber.objects.update(place=None)
    StockNumber.objects.bulk_create([stock_row(MOBILE, german)])
    call_command("locate_stock")
    assert "2 numbers have a place now" in capsys.readouterr().out
    assert StockNumber.objects.get(e164=BERLIN).place.name == "Berlin"


@pytest.mark.parametrize("country", ["DE", "US", "CA", "FR"])
def test_demo_numbers_are_of_several_cities(catalogue: None, country: str) -> None:
    rate = rate_of(country, "landline")
    drawn = list(numbers_of(rate, 12))
    assert drawn == list(numbers_of(rate, 12)) and len(set(drawn)) == 12
    assert len({place_of(e164)[0] for e164 in drawn}) > 3


def test_a_search_in_a_city_reads_an_index(german: RateCard) -> None:
    rows = matching(Query("DE", "landline")).filter(place=Place.objects.get(name="Munich"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = rows[:20].explain()
    assert "stock_in_place" in plan and "Sort" not in plan


def test_the_search_is_one_query_however_many_cities_it_finds(catalogue: None) -> None:
    rate = rate_of("US", "multi_function")
    keep_stock(stock_row(e164, rate) for e164 in ("+14155552671", "+12125554155"))
    Place.objects.update(folded="|springfield")

    def queries() -> list[Any]:
        with CaptureQueriesContext(connection) as captured:
            assert len(search_numbers(rate=rate, locality="Springfield").found) == 2
        return [row for row in captured if "stocknumber" in row["sql"]]

    assert len(queries()) == 1
