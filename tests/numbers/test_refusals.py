"""Every documented refusal of numbers, over REST: what was asked, where it is at fault, why.

The pages show the same sentences, for they come from the same services.
"""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number, PhoneLine, RateCard, ShortCode
from imiconnect.numbers.services import keywords, releasing
from imiconnect.sharing.services import allocate_number, create_service
from tests.factories import client_of

BASE = "/api/v1/numbers/"
KEYWORD = {
    "keyword": "SAVINGS",
    "choice": "vanity",
    "desired_short_code": "55555",
    "email": "jane@example.com",
    "company_name": "Northwind",
    "mailing_address": "1 Main Street",
    "contact_name": "Jane",
    "contact_number": "+44 20 7946 0018",
    "service_name": "Savings",
    "service_website": "https://example.com",
    "is_existing_website": True,
    "service_content": "Calls back",
}
CODE = {"country": "GB", "choice": "vanity", "desired_code": "55555", "monthly_volume": 1,
        "purpose": "Alerts"}  # fmt: skip
#: One more than a request may name.
OPERATORS = [f"Operator {number}" for number in range(21)]
WISH = {"country": "GB", "number_type": "multi_function"}


def refused(member: Member, path: str, body: dict[str, Any], method: str = "post") -> str:
    """Send a request that is refused; return where it is at fault and what is said."""
    client = client_of(member)
    if method == "get":
        answer = client.get(f"{BASE}{path}", body)
    else:
        answer = getattr(client, method)(f"{BASE}{path}", body, content_type="application/json")
    problem = answer.json()
    assert answer.status_code in (400, 409), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    errors = problem.get("errors") or [{"pointer": "", "detail": problem["detail"]}]
    return " ".join(f"{error['pointer']} {error['detail']}" for error in errors)


@pytest.fixture
def own_code(admin: Member, make_number: Any) -> ShortCode:
    """The organization's own short code 55555."""
    code = ShortCode.objects.create(code="55555", country_id="GB")
    make_number(admin, Kind.SHORT_CODE, "55555", short_code=code, is_dedicated=True)
    return code


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (
            "sender-ids/",
            {"code": "TWELVELETTER", "country": "GB"},
            "/code Sender code must be 11",
        ),
        (
            "sender-ids/",
            {"code": "ACME!", "country": "GB"},
            "/code Sender code must have letters",
        ),
        ("sender-ids/", {"code": "+-_", "country": "GB"}, "at least one letter"),
        ("sender-ids/", {"code": "ACME", "country": "US"}, "not supported in United States"),
        ("sender-ids/", {"code": "ACME", "country": "XX"}, "/country There is no such country"),
        ("sender-ids/", {"code": "447400123456", "country": "GB"}, "Buy the number first"),
        ("keywords/", KEYWORD | {"keyword": "MY WORD"}, "/keyword Keyword must not contain"),
        ("keywords/", KEYWORD | {"keyword": "x" * 51}, "50 characters or fewer"),
        ("keywords/", KEYWORD | {"keyword": "stop"}, "STOP is reserved"),
        ("keywords/", KEYWORD | {"keyword": "!?"}, "letters or digits"),
        ("keywords/", KEYWORD | {"desired_short_code": ""}, "Enter the desired short code"),
        ("keywords/", KEYWORD | {"desired_short_code": "66666"}, "not a short code of yours"),
        ("keywords/", KEYWORD | {"choice": "random"}, "No shared default short code is free"),
        ("keywords/", KEYWORD | {"email": "jane"}, "/email Enter an e-mail address"),
        (
            "keywords/",
            KEYWORD | {"service_website": "x"},
            "/service_website Enter a web address",
        ),
        (
            "keywords/",
            KEYWORD | {"contact_number": "12"},
            "primary contact number with country",
        ),
        ("keywords/", KEYWORD | {"company_name": "x" * 151}, "150 characters or fewer"),
        ("short-codes/", CODE | {"desired_code": ""}, "/desired_code Enter the desired"),
        ("short-codes/", CODE | {"desired_code": "55a55"}, "digits only"),
        ("short-codes/", CODE | {"desired_code": "555555555"}, "digits in United Kingdom"),
        ("short-codes/", CODE | {"operators": OPERATORS}, "/operators Name 20 operators or"),
        ("short-codes/", CODE | {"operators": ["x" * 81]}, "80 characters or fewer"),
        ("short-codes/", CODE | {"monthly_volume": 0}, "/monthly_volume"),
        ("short-codes/", CODE | {"purpose": " "}, "/purpose"),
        ("offline-requests/", {"country_name": " ", "quantity": 1}, "/country_name"),
        ("offline-requests/", {"country_name": "Cuba", "quantity": 0}, "/quantity"),
    ],
)
def test_a_request_is_refused_with_its_reason(
    admin: Member, own_code: ShortCode, path: str, body: dict[str, Any], said: str
) -> None:
    before = Number.objects.count()
    assert said in refused(admin, path, body)
    assert Number.objects.count() == before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (WISH | {"digits": "4x"}, "/digits Number must have digits"),
        (WISH | {"digits": "1" * 13}, "/digits Number must have 12 digits or fewer"),
        (WISH | {"number_type": "fax"}, "/number_type"),
        (WISH | {"country": "AF", "number_type": "mobile"}, "Not offered here; ask offline"),
    ],
)
def test_a_search_is_refused_with_its_reason(
    admin: Member, stock: list[str], query: dict[str, Any], said: str
) -> None:
    assert said in refused(admin, "available/", query, "get")


def test_a_number_that_somebody_keeps_is_not_kept_twice(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    wish = {"e164": stock[0], "number_type": "multi_function", "carrier": "stock"}
    client = client_of(outsider)
    client.post(f"{BASE}reservations/", wish, content_type="application/json")
    assert "Somebody else is about to buy" in refused(admin, "reservations/", wish)


@pytest.mark.parametrize(
    ("rule", "country", "said"),
    [
        ("any", "", "Enter the address that the country asks for"),
        ("local", "FR", "The address must be in United Kingdom"),
        ("foreign", "GB", "The address must be outside United Kingdom"),
    ],
)
def test_an_order_needs_the_address_that_the_country_asks_for(
    admin: Member, stock: list[str], rule: str, country: str, said: str
) -> None:
    RateCard.objects.filter(country="GB").update(address_requirement=rule)
    client = client_of(admin)
    wish = {"e164": stock[0], "number_type": "multi_function", "carrier": "stock"}
    client.post(f"{BASE}reservations/", wish, content_type="application/json")
    order: dict[str, Any] = {"e164": stock[0]}
    if country:
        address = {"country": country, "name": "N", "street": "1", "city": "C"}
        made = client.post(f"{BASE}addresses/", address, content_type="application/json")
        order["address"] = made.json()["id"]
    assert said in refused(admin, "orders/", order)


def test_an_order_without_a_kept_number_is_refused(admin: Member, stock: list[str]) -> None:
    said = refused(admin, "orders/", {"e164": stock[0]})
    assert "The 10 minutes for" in said


@pytest.fixture
def phone(admin: Member, make_number: Any) -> Number:
    """A phone number that was bought and takes calls and texts."""
    number: Number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    PhoneLine.objects.create(number=number, carrier="stock", bought_at=timezone.now())
    return number


@pytest.mark.parametrize(
    ("word", "url", "said"),
    [
        ("ab", "https://x.test/", "/word Keyword must have 3 to 30"),
        ("my word", "https://x.test/", "/word Keyword must have 3 to 30"),
        ("héllo!", "https://x.test/", "/word Keyword must have 3 to 30"),
        ("balance", " ", "/url"),
        ("taken", "https://x.test/", "/word This word is reserved already"),
        ("more", "https://x.test/", "/word A number can have 50 reserved keywords"),
    ],
)
def test_a_reserved_keyword_is_refused_with_its_reason(
    admin: Member, phone: Number, word: str, url: str, said: str
) -> None:
    if word == "taken":
        phone.reserved_keywords.create(word="Taken", folded="taken", url="https://x.test/")
    for number in range(50 if word == "more" else 0):
        phone.reserved_keywords.create(word=f"w{number}", folded=f"w{number}", url="https://x/")
    body = {"word": word, "url": url}
    assert said in refused(admin, f"{phone.pk}/reserved-keywords/", body)


@pytest.mark.parametrize(
    ("able", "field", "said"),
    [
        ("voice", "incoming_call_url", "This number takes no calls"),
        ("sms", "incoming_sms_url", "This number takes no SMS"),
    ],
)
def test_a_url_for_what_the_number_cannot_do_is_refused(
    admin: Member, phone: Number, able: str, field: str, said: str
) -> None:
    Number.objects.update(**{able: False})
    body = {field: "https://x.test/"}
    assert f"/{field} {said}" in refused(admin, f"{phone.pk}/urls/", body, "put")


def test_a_release_needs_the_number_typed(admin: Member, phone: Number) -> None:
    said = refused(admin, f"{phone.pk}/release/", {"number": "+447400123457"})
    assert "Type the number as it is shown" in said


def test_a_number_that_a_service_uses_is_not_released(admin: Member, phone: Number) -> None:
    service = create_service(member=admin, name="Alerts")
    allocate_number(service=service, number=phone, channel="sms")
    said = refused(admin, f"{phone.pk}/release/", {"number": phone.value})
    assert "The service Alerts (SMS) uses it. Remove it there first." in said


def test_a_code_with_a_keyword_on_it_is_not_released(
    admin: Member, own_code: ShortCode, make_number: Any
) -> None:
    make_number(admin, Kind.KEYWORD, "SAVINGS", short_code=own_code)
    number = Number.objects.get(kind=Kind.SHORT_CODE)
    said = refused(admin, f"{number.pk}/release/", {"number": "55555"})
    assert "Release the keyword first" in said


def test_a_release_is_not_undone_after_its_seven_days(admin: Member, phone: Number) -> None:
    releasing.release_number(member=admin, number=phone, typed=phone.value)
    Number.objects.update(quarantine_until=timezone.now() - dt.timedelta(seconds=1))
    assert "The seven days are over" in refused(admin, f"{phone.pk}/undo-release/", {})


def test_a_keyword_that_is_taken_on_the_code_is_refused(
    admin: Member, own_code: ShortCode, make_number: Any
) -> None:
    make_number(admin, Kind.KEYWORD, "Savings", short_code=own_code)
    with pytest.raises(ValidationError, match="is taken on 55555"):
        wish = keywords.Wish("SAVINGS", "vanity", "55555", assign_random=False)
        details = {name: KEYWORD[name] for name in keywords.DETAILS}
        keywords.request_keyword(member=admin, wish=wish, **details)
