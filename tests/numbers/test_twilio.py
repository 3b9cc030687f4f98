"""The carrier Twilio, against a server made of Twilio's own API description.

Prism answers from the description and refuses requests that it does not allow; a small
server of ours answers as Twilio does where state matters.
"""

import json
import re
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from imiconnect.numbers.carriers import base, registry
from imiconnect.numbers.carriers.twilio.carrier import Carrier, _fits
from imiconnect.numbers.models import CarrierAccount
from tests.serving import in_thread

SID = "AC" + "0" * 32
ADDRESS = base.PostalAddress("Ada", "1 High St", "London", "London", "N1 1AA", "GB")


def carrier(url: str) -> Carrier:
    return Carrier(base.Account(url, SID, "token"))


@pytest.mark.parametrize("number_type", ["multi_function", "landline", "mobile", "tollfree"])
def test_a_search_is_what_the_description_allows(prism: str, number_type: str) -> None:
    query = base.Query("US", number_type, "51", needs_sms=True, needs_voice=True)
    assert isinstance(carrier(prism).search(query), list)


def test_an_area_code_and_a_city_are_what_the_description_allows(prism: str) -> None:
    query = base.Query("US", "landline", area_code="415", locality="San Francisco")
    assert isinstance(carrier(prism).search(query), list)


def test_a_purchase_is_what_the_description_allows(prism: str) -> None:
    reference = carrier(prism).buy("+14155552344", "order-1", ADDRESS)
    assert reference.startswith("PN")


def test_a_release_is_what_the_description_allows(prism: str) -> None:
    carrier(prism).release("+14155552344", "PN" + "0" * 32)


class Twilio(BaseHTTPRequestHandler):
    """What matters of Twilio's state: numbers owned, one for sale, one sold to others."""

    owned: dict[str, str] = {}
    for_sale: list[str] = []
    asked: list[dict[str, str]] = []
    most_of_a_page = 1000
    buys = 0
    lose_answer = False

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        query = {name: text[0] for name, text in parse_qs(urlsplit(self.path).query).items()}
        wanted = query.get("PhoneNumber", "")
        if "AvailablePhoneNumbers" in self.path:
            self._available(query)
            return
        rows = [
            {"sid": "PN1", "phone_number": number, "friendly_name": name}
            for number, name in self.owned.items()
            if number == wanted
        ]
        self._answer(200, {"incoming_phone_numbers": rows, "next_page_uri": None})

    def _available(self, query: dict[str, str]) -> None:
        """Look for Contains as the description says; a page names the next one."""
        if not self.for_sale:
            self._answer(404, {"code": 20404, "message": "none", "status": 404})
            return
        self.asked.append(query)
        wanted = query.get("Contains", "00")
        if not re.fullmatch(r"(?=.{2,16}$)\+?[0-9]+\$?", wanted):
            self._answer(400, {"code": 20001, "message": "Contains", "status": 400})
            return
        pattern = wanted.replace("+", r"^\+") if "Contains" in query else ""
        found = [number for number in self.for_sale if re.search(pattern, number)]
        size = min(int(query["PageSize"]), self.most_of_a_page)
        first = int(query.get("Page", 0)) * size
        rows = [{"phone_number": number} for number in found[first : first + size]]
        again = urlencode(query | {"Page": first // size + 1})
        more = f"{urlsplit(self.path).path}?{again}" if len(found) > first + size else None
        self._answer(200, {"available_phone_numbers": rows, "next_page_uri": more})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode())
        number = form["PhoneNumber"][0]
        if number == "+14155550000" or number in self.owned:
            self._answer(400, {"code": 21422, "message": "not available", "status": 400})
            return
        type(self).buys += 1
        self.owned[number] = form["FriendlyName"][0]
        if self.lose_answer:
            self._answer(503, {"message": "gateway", "status": 503})
            return
        self._answer(201, {"sid": "PN1", "phone_number": number})


@pytest.fixture
def twilio() -> Iterator[str]:
    """The address of a server with the state of one account."""
    Twilio.owned, Twilio.buys, Twilio.lose_answer = {}, 0, False
    Twilio.for_sale, Twilio.asked, Twilio.most_of_a_page = [], [], 1000
    with in_thread(ThreadingHTTPServer(("127.0.0.1", 0), Twilio)) as address:
        yield address


def test_a_lost_answer_is_no_second_purchase(twilio: str) -> None:
    Twilio.lose_answer = True
    with pytest.raises(base.CarrierBusy):
        carrier(twilio).buy("+14155552344", "order-1", None)
    assert carrier(twilio).buy("+14155552344", "order-1", None) == "PN1"
    assert Twilio.buys == 1


def test_a_number_of_another_order_is_gone(twilio: str) -> None:
    carrier(twilio).buy("+14155552344", "order-1", None)
    with pytest.raises(base.NumberGone):
        carrier(twilio).buy("+14155552344", "order-2", None)


def test_a_number_that_is_sold_is_gone(twilio: str) -> None:
    with pytest.raises(base.NumberGone):
        carrier(twilio).buy("+14155550000", "order-1", None)


def test_a_list_that_a_country_lacks_offers_nothing(twilio: str) -> None:
    assert carrier(twilio).search(base.Query("GB", "mobile", "51")) == []


@pytest.mark.parametrize(
    ("digits", "match", "contains"),
    [
        ("899", "end", "899$"),
        ("9", "end", "9$"),
        ("787", "start", "+1787"),
        ("7", "start", "+17"),
        ("7552", "anywhere", "7552"),
        ("87*52", "anywhere", "87"),
        ("8*9", "end", "9$"),
        ("7*75", "start", "+17"),
        ("*87", "start", "87"),
        ("7", "anywhere", None),
    ],
)
def test_preferred_digits_are_found_behind_many_other_numbers(
    twilio: str, digits: str, match: str, contains: str | None
) -> None:
    tails = [f"{tail:04}" for tail in range(120) if "7" not in str(tail) and tail % 10 != 9]
    wanted = "+17875523899"
    Twilio.for_sale = [f"+1415333{tail}" for tail in tails] + [wanted]
    found = carrier(twilio).search(base.Query("US", "mobile", digits, match, limit=1))
    assert [offer.e164 for offer in found] == [wanted]
    assert Twilio.asked[0].get("Contains") == contains


def test_an_area_code_and_a_city_are_asked_for_at_twilio(twilio: str) -> None:
    Twilio.for_sale = ["+14155552344"]
    query = base.Query("US", "mobile", area_code="415", locality="San Francisco")
    assert carrier(twilio).search(query)
    asked = Twilio.asked[0]
    assert (asked["AreaCode"], asked["InLocality"]) == ("415", "San Francisco")


def test_pages_beyond_the_first_give_every_number_once_and_in_order(twilio: str) -> None:
    """Twilio gives numbers in no order, and page by page."""
    Twilio.for_sale = [f"+1415{number * 7919 % 1_000_003:07}" for number in range(130)]
    Twilio.most_of_a_page = 30
    shelves: list[list[str]] = []
    last = ""
    while len(shelves) < 10:
        query = base.Query("US", "mobile", limit=50, after=last)
        shelf = [offer.e164 for offer in carrier(twilio).search(query)]
        if not shelf:
            break
        shelves.append(shelf)
        last = shelf[-1]
    assert [len(shelf) for shelf in shelves] == [50, 50, 30]
    assert [e164 for shelf in shelves for e164 in shelf] == sorted(Twilio.for_sale)
    assert max(int(asked.get("Page", 0)) for asked in Twilio.asked) == 4


def test_what_is_sold_between_two_pages_leaves_no_gap(twilio: str) -> None:
    Twilio.for_sale = [f"+141555500{number:02}" for number in range(40)]
    first = carrier(twilio).search(base.Query("US", "mobile", limit=10))
    Twilio.for_sale = Twilio.for_sale[5:]
    after = base.Query("US", "mobile", limit=10, after=first[-1].e164)
    assert [offer.e164[-2:] for offer in carrier(twilio).search(after)] == [
        f"{number:02}" for number in range(10, 20)
    ]


def test_a_carrier_that_is_down_is_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(base.CarrierBusy):
        carrier(f"http://127.0.0.1:{port}").buy("+14155552344", "order-1", None)


@pytest.mark.parametrize(
    ("digits", "match", "fits"),
    [
        ("415", "start", True),
        ("415", "end", False),
        ("23*4", "end", True),
        ("55", "anywhere", True),
    ],
)
def test_digits_stand_where_they_are_wanted(digits: str, match: str, fits: bool) -> None:
    assert _fits("+14155552344", base.Query("US", "mobile", digits, match)) is fits


def test_every_folder_is_a_carrier_and_one_without_account_is_told(catalogue: None) -> None:
    assert set(registry.by_slug()) >= {"stock", "twilio"}
    CarrierAccount.objects.create(slug="twilio")
    with pytest.raises(base.CarrierMisconfigured):
        registry.get("twilio").buy("+14155552344", "order-1", None)
