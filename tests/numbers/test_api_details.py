"""``/api/v1/numbers/``: what belongs to one number, and reference data."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Country, Number, NumberOrder, ShortCode, ShortCodeFormat
from imiconnect.numbers.services import keywords, short_codes
from imiconnect.rtm.telecom import optouts
from tests.factories import client_of
from tests.numbers.rows import make_rows

BASE = "/api/v1/numbers/"


@pytest.fixture
def client(admin: Member) -> Client:
    return client_of(admin)


@pytest.fixture
def rows(admin: Member) -> dict[str, Number]:
    return make_rows(admin)


def sent(client: Client, method: str, path: str, body: Any) -> Any:
    return getattr(client, method)(f"{BASE}{path}", body, content_type="application/json")


def asked_code(admin: Member, *operators: str) -> Number:
    wish = short_codes.Wish(
        Country.objects.get(pk="GB"), "vanity", "60606", True, operators, 10, "Alerts"
    )
    return short_codes.request_short_code(member=admin, wish=wish)


def test_each_operators_check_is_told_with_its_due_date_and_result(
    admin: Member, client: Client, catalogue: None
) -> None:
    number = asked_code(admin, "O2", "EE")
    url = f"{BASE}{number.pk}/verifications/"
    assert [(row["operator"], row["due_on"]) for row in client.get(url).json()] == [
        ("O2", None),
        ("EE", None),
    ]
    short_codes.begin_verification(number=number)
    due = {row["due_on"] for row in client.get(url).json()}
    assert all(dt.date.fromisoformat(day) > timezone.now().date() for day in due)
    check = number.verifications.get(operator="O2")
    short_codes.decide_verification(check=check, verified=True)
    assert [row["result"] for row in client.get(url).json()] == ["verified", "waiting"]


def test_an_operators_refusal_is_told_with_its_reason(
    admin: Member, client: Client, catalogue: None
) -> None:
    number = asked_code(admin)
    short_codes.begin_verification(number=number)
    check = number.verifications.get()
    short_codes.decide_verification(check=check, verified=False, reason="No campaign")
    told = client.get(f"{BASE}{number.pk}/verifications/").json()[0]
    assert (told["result"], told["reason"]) == ("refused", "No campaign")
    assert client.get(f"{BASE}{number.pk}/").json()["state"] == State.REJECTED


@pytest.mark.parametrize("query", [{"kind": "gold"}, {"state": "lost"}, {"country": "QQ"}])
def test_an_unknown_filter_is_a_problem(
    client: Client, catalogue: None, query: dict[str, str]
) -> None:
    answer = client.get(BASE, query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(query))}"


def test_an_empty_filter_is_none(client: Client, rows: dict[str, Number]) -> None:
    found = client.get(BASE, {"kind": "", "state": "", "country": "", "search": ""}).json()
    assert len(found["results"]) == len(rows)


def test_a_country_without_rows_is_told_from_no_country(
    client: Client, catalogue: None
) -> None:
    assert client.get(f"{BASE}rates/", {"country": "QQ"}).status_code == 400
    ShortCodeFormat.objects.filter(country="GB").delete()
    assert client.get(f"{BASE}short-code-formats/", {"country": "GB"}).json()["results"] == []


def test_the_lengths_of_short_codes_are_told(client: Client, catalogue: None) -> None:
    found = client.get(f"{BASE}short-code-formats/", {"country": "us"}).json()["results"]
    united_states = Country.objects.get(pk="US")
    assert [row["lengths"] for row in found] == [short_codes.lengths_in(united_states)]


def test_incoming_urls_are_changed_and_read(client: Client, rows: dict[str, Number]) -> None:
    rows["phone_number"].sms = True
    rows["phone_number"].save()
    path = f"{rows['phone_number'].pk}/urls/"
    wish = {"incoming_call_url": "", "incoming_sms_url": "https://example.com/in"}
    assert sent(client, "put", path, wish).json() == wish
    assert client.get(f"{BASE}{path}").json() == wish
    refused = sent(client, "put", path, {"incoming_sms_url": "ftp://example.com"})
    assert refused.json()["errors"][0]["pointer"] == "/incoming_sms_url"
    assert client.get(f"{BASE}{path}").json() == wish


def test_only_a_phone_number_has_incoming_urls(client: Client, rows: dict[str, Number]) -> None:
    assert client.get(f"{BASE}{rows['keyword'].pk}/urls/").status_code == 404


def test_the_history_and_the_charges_are_told(client: Client, rows: dict[str, Number]) -> None:
    path = f"{BASE}{rows['phone_number'].pk}"
    assert [row["text"] for row in client.get(f"{path}/history/").json()] == ["Made"]
    charge = client.get(f"{path}/charges/").json()[0]
    first = timezone.now().date().replace(day=1)
    assert charge == {"month": first.isoformat(), "amount": "1.00000", "currency": "USD"}


def test_a_keyword_is_reserved_on_a_phone_number_and_freed(
    client: Client, rows: dict[str, Number]
) -> None:
    path = f"{rows['phone_number'].pk}/reserved-keywords/"
    wish = {"word": "PRIZE", "url": "https://example.com/prize"}
    made = sent(client, "post", path, wish)
    assert made.status_code == 201
    listed = client.get(f"{BASE}{path}").json()
    assert [row["word"] for row in listed] == ["OFFERS", "PRIZE"]
    assert client.delete(f"{BASE}{path}{made.json()['id']}/").status_code == 204
    assert [row["word"] for row in client.get(f"{BASE}{path}").json()] == ["OFFERS"]


def test_an_address_is_kept_and_listed(client: Client, catalogue: None) -> None:
    wish = {"country": "gb", "name": "Ada", "street": "1 High St", "city": "London"}
    assert sent(client, "post", "addresses/", wish).status_code == 201
    found = client.get(f"{BASE}addresses/").json()["results"]
    assert [(row["country"], row["name"]) for row in found] == [("GB", "Ada")]


def test_a_number_tells_why_its_order_waits(client: Client, rows: dict[str, Number]) -> None:
    NumberOrder.objects.update(state="refused", reason="The carrier refused the number.")
    told = client.get(f"{BASE}{rows['phone_number'].pk}/").json()
    assert told["order"]["reason"] == "The carrier refused the number."
    assert told["order"]["reference"] == str(NumberOrder.objects.get())
    assert (told["keyword_details"], told["short_code_request"]) == (None, None)


def test_a_keyword_is_told_with_its_details(client: Client, catalogue: None) -> None:
    ShortCode.objects.create(code="80888", country_id="GB", is_shared=True)
    details = dict.fromkeys(keywords.DETAILS, "Savings") | {
        "email": "ada@example.com", "contact_number": "+442079460018",
        "service_website": "https://example.com", "is_existing_website": True,
    }  # fmt: skip
    wish = {"keyword": "SAVINGS", "choice": "random"} | details
    made = sent(client, "post", "keywords/", wish).json()
    kept = client.get(f"{BASE}{made['id']}/").json()["keyword_details"]
    assert kept == details | {"choice": "random", "desired_short_code": ""}


def test_a_short_code_is_told_with_what_was_asked_for(
    admin: Member, client: Client, catalogue: None
) -> None:
    number = asked_code(admin, "O2")
    told = client.get(f"{BASE}{number.pk}/").json()["short_code_request"]
    assert (told["desired_code"], told["monthly_volume"]) == ("60606", 10)


def test_a_reference_is_told_that_support_finds(
    admin: Member, client: Client, rows: dict[str, Number]
) -> None:
    [wish] = client.get(f"{BASE}offline-requests/").json()["results"]
    code = client.get(f"{BASE}{rows[Kind.SHORT_CODE].pk}/").json()["short_code_request"]
    assert wish["reference"] == f"R-{wish['id'][-12:].upper()}"
    assert code["reference"] == f"S-{str(rows[Kind.SHORT_CODE].pk)[-12:].upper()}"


def test_the_codes_for_keywords_are_told_own_ones_first(
    admin: Member, outsider: Member, make_number: Any
) -> None:
    own, other, shared = (
        ShortCode.objects.create(code=code, country_id="GB", is_shared=is_shared)
        for code, is_shared in (("80888", False), ("70777", False), ("50555", True))
    )
    for member, code in ((admin, own), (outsider, other)):
        make_number(member, Kind.SHORT_CODE, code.code, short_code=code, is_dedicated=True)
    told = client_of(admin).get(f"{BASE}keyword-codes/").json()
    assert [(row["code"], row["is_shared"]) for row in told] == [
        (own.code, False),
        (shared.code, True),
    ]


def test_the_keyword_test_tells_a_word_of_ones_own(admin: Member, make_number: Any) -> None:
    code = ShortCode.objects.create(code="80888", country_id="GB")
    make_number(admin, Kind.SHORT_CODE, "80888", short_code=code, is_dedicated=True)
    optouts.save_word(member=admin, word="Genug", meaning="opt_out")
    asked = {"text": "genug!", "short_code": "80888", "country": "GB"}
    told = client_of(admin).get(f"{BASE}keyword-test/", asked).json()
    assert (told["own_word"], told["keyword"]) == ("Genug", None)


@pytest.mark.parametrize("part", ["urls", "history", "charges", "verifications"])
def test_a_stranger_finds_no_part_of_a_number(
    outsider: Member, rows: dict[str, Number], part: str
) -> None:
    for kind in (Kind.PHONE_NUMBER, Kind.SHORT_CODE):
        path = f"{BASE}{rows[kind].pk}/{part}/"
        assert client_of(outsider).get(path).status_code == 404
