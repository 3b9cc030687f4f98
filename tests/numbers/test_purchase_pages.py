"""The purchase of a phone number in the browser: its steps, and how they refuse."""

import re
from html import unescape

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.identity import uuid7
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.kinds import State
from imiconnect.numbers.models import (
    Number,
    OfflineRequest,
    RateCard,
    Reservation,
    StockNumber,
)
from imiconnect.numbers.numbering import pretty
from imiconnect.wizards import SESSION_KEY
from tests.factories import client_of
from tests.numbers.purchase import PHONE, walk


def test_the_documented_steps_buy_a_number(admin: Member, stock: list[str]) -> None:
    page = walk(client_of(admin), stock[0])
    assert page.status_code == 200
    number = Number.objects.get()
    assert (number.value, number.state) == (stock[0], State.ACTIVE)
    assert "Use as Sender ID" in page.content.decode()


def test_going_back_after_the_purchase_buys_nothing(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    walk(client, stock[0])
    page = client.get(f"{PHONE}details/")
    assert "already bought" in page.content.decode()
    client.post(f"{PHONE}review/", {})
    assert Number.objects.count() == 1


def test_a_country_that_is_not_in_the_list_is_asked_for_offline(
    admin: Member, catalogue: None
) -> None:
    client = client_of(admin)
    assert 'href="/numbers/get/offline/"' in client.get(f"{PHONE}country/", follow=True).text
    page = client.post(f"{PHONE}country/", {"typed": "Sealand & Sons"})
    assert "No single country of the list fits that" in page.text
    link = re.search(r'href="(/numbers/get/offline/[^"]+)"', page.text)
    assert link is not None
    form = client.get(unescape(link[1])).context["form"]
    assert form["country_name"].value() == "Sealand & Sons"
    client.post("/numbers/get/offline/", {"country_name": "Sealand & Sons", "quantity": "2"})
    assert OfflineRequest.objects.get().country_name == "Sealand & Sons"


def test_the_page_leads_through_all_numbers(admin: Member, uk_rate: RateCard) -> None:
    rows = [stock_row(e164, uk_rate) for e164 in numbers_of(uk_rate, 45)]
    StockNumber.objects.bulk_create(rows)
    client = client_of(admin)
    client.get(PHONE)
    client.post(f"{PHONE}country/", {"country": "GB"})
    seen: list[str] = []
    url: str | None = "?number_type=multi_function&digits=&match=anywhere"
    while url:
        page = client.get(f"{PHONE}search/{url}")
        seen += [row.e164 for row in page.context["found"]]
        link = re.search(r'href="([^"#]+)#results-title">Show more', page.content.decode())
        url = link and unescape(link[1])
    assert seen == sorted(row.e164 for row in rows)


def test_the_search_shows_rates_and_buy(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    client.post(f"{PHONE}country/", {"country": "GB"})
    page = client.get(f"{PHONE}search/?number_type=multi_function&digits=&match=anywhere")
    text = page.content.decode()
    assert "Monthly rental" in text and "BUY" in text
    assert "SEARCH" in text


@pytest.mark.parametrize("typed", ["United Kingdom", "gb", "uk", "🇬🇧", "united king"])
def test_a_country_can_be_typed(admin: Member, stock: list[str], typed: str) -> None:
    page = client_of(admin).post(f"{PHONE}country/", {"typed": typed})
    assert page.headers["Location"] == f"{PHONE}search/"


def test_a_country_with_one_calling_code_can_be_typed_by_it(
    admin: Member, catalogue: None
) -> None:
    page = client_of(admin).post(f"{PHONE}country/", {"typed": "+33"})
    assert page.headers["Location"] == f"{PHONE}search/"


def test_a_country_that_is_not_offered_leads_to_the_offline_request(
    admin: Member, catalogue: None
) -> None:
    assert not RateCard.objects.filter(country="AF").exists()
    page = client_of(admin).post(f"{PHONE}country/", {"country": "AF"})
    assert page.headers["Location"] == "/numbers/get/offline/?country=AF"


def test_a_number_that_somebody_else_is_buying_is_refused(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    from imiconnect.numbers.services import buying

    buying.reserve(
        member=outsider, e164=stock[0], number_type="multi_function", carrier="stock"
    )
    client = client_of(admin)
    client.post(f"{PHONE}country/", {"country": "GB"})
    pick = {"number_type": "multi_function", "e164": stock[0], "carrier": "stock"}
    page = client.post(f"{PHONE}search/", pick)
    assert page.status_code == 422
    assert "Somebody else is about to buy" in page.content.decode()


def test_a_search_without_a_type_says_so(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    client.post(f"{PHONE}country/", {"country": "GB"})
    page = client.get(f"{PHONE}search/?digits=&match=anywhere").text
    assert "There is a problem" in page and "Select a number type" in page


def test_an_old_draft_begins_at_the_search_again(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    client.post(f"{PHONE}country/", {"country": "GB"})
    pick = {"number_type": "multi_function", "carrier": "stock", "e164": stock[0]}
    client.post(f"{PHONE}search/", pick)
    assert not client.get(PHONE).headers["Location"].endswith("search/")
    Reservation.objects.all().delete()
    assert client.get(PHONE).headers["Location"] == f"{PHONE}search/"


def choose(client: Client, e164: str) -> None:
    """Choose a number in a country that asks for no address."""
    RateCard.objects.filter(country="GB").update(address_requirement="none")
    client.post(f"{PHONE}country/", {"country": "GB"})
    pick = {"number_type": "multi_function", "carrier": "stock", "e164": e164}
    client.post(f"{PHONE}search/", pick)


def test_a_draft_of_an_older_version_is_bought(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    choose(client, stock[0])
    client.post(f"{PHONE}details/", {})
    session = client.session
    for run in session[SESSION_KEY].values():
        run.pop("order", None)
    session.save()
    client.post(f"{PHONE}review/", {})
    assert Number.objects.get(state=State.ACTIVE).value == stock[0]


def test_a_chosen_number_is_kept_until_another_is_chosen_or_the_draft_is_discarded(
    admin: Member, stock: list[str]
) -> None:
    client = client_of(admin)
    choose(client, stock[0])
    back = client.get(f"{PHONE}search/").text
    assert f"{pretty(stock[0])} is kept for you until" in back
    choose(client, stock[1])
    assert Reservation.objects.get().e164 == stock[1]
    client.post(f"{PHONE}details/", {})
    client.post(f"{PHONE}review/", {"act": "discard"})
    assert not Reservation.objects.exists()


def test_another_number_chosen_in_another_tab_is_not_bought_by_the_first_one(
    admin: Member, stock: list[str]
) -> None:
    client = client_of(admin)
    choose(client, stock[0])
    client.post(f"{PHONE}details/", {})
    shown = client.get(f"{PHONE}review/").context["seen"]
    choose(client, stock[1])
    again = client.post(f"{PHONE}review/", {"seen": shown})
    assert again.status_code == 422 and pretty(stock[1]) in again.text
    assert not Number.objects.exists()


def test_after_an_order_that_is_refused_another_number_is_bought(
    admin: Member, stock: list[str]
) -> None:
    client = client_of(admin)
    choose(client, stock[0])
    client.post(f"{PHONE}details/", {})
    StockNumber.objects.filter(e164=stock[0]).update(state="sold", sold_to=uuid7())
    refused = client.post(f"{PHONE}review/", {})
    assert refused.status_code == 422 and "sold to somebody else" in refused.text
    assert "10 minutes are over" not in refused.text
    choose(client, stock[1])
    client.post(f"{PHONE}details/", {})
    client.post(f"{PHONE}review/", {})
    assert Number.objects.get(state=State.ACTIVE).value == stock[1]


def test_a_reservation_that_ran_out_says_so(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    client.post(f"{PHONE}country/", {"country": "GB"})
    pick = {"number_type": "multi_function", "e164": stock[0], "carrier": "stock"}
    client.post(f"{PHONE}search/", pick)
    Reservation.objects.all().delete()
    fields = {"name": "Ada", "street": "1 High St", "city": "London", "country": "GB"}
    client.post(f"{PHONE}address/", fields)
    page = client.get(f"{PHONE}details/")
    assert "The 10 minutes are over" in page.content.decode()


def test_a_kept_address_is_offered_again(admin: Member, stock: list[str]) -> None:
    RateCard.objects.filter(country="GB").update(address_requirement="local")
    client = client_of(admin)
    walk(client, stock[0])
    client.get(PHONE)
    client.post(f"{PHONE}country/", {"country": "GB"})
    pick = {"number_type": "multi_function", "e164": stock[1], "carrier": "stock"}
    client.post(f"{PHONE}search/", pick)
    page = client.get(f"{PHONE}address/")
    assert "1 High St" in page.content.decode()
