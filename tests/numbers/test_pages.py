"""The pages of numbers: list, manage, release and the requests."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import (
    Number,
    PhoneLine,
    ShortCode,
)
from imiconnect.numbers.services import releasing
from imiconnect.numbers.views import lists
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from imiconnect.sharing.number_allocations import allocate_number
from tests.factories import client_of
from tests.numbers.purchase import PHONE, walk


def test_a_viewer_sees_the_list_without_the_menu(viewer: Member, catalogue: None) -> None:
    client = client_of(viewer)
    page = client.get("/numbers/")
    assert page.status_code == 200
    assert "GET NUMBERS" not in page.content.decode()
    assert client.get(PHONE).status_code == 403


@pytest.mark.parametrize("kind", Kind.values)
def test_the_list_filters_by_kind(admin: Member, make_number: Any, kind: str) -> None:
    make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    make_number(admin, Kind.SENDER_ID, "NORTHWIND")
    rows = client_of(admin).get(f"/numbers/?kind={kind}").context["rows"]
    assert {row.object.kind for row in rows} <= {kind}


def test_the_list_finds_part_of_a_number(admin: Member, make_number: Any) -> None:
    make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    make_number(admin, Kind.PHONE_NUMBER, "+447400999999")
    rows = client_of(admin).get("/numbers/?search=00 12-34").context["rows"]
    assert [row.object.value for row in rows] == ["+447400123456"]


def test_the_list_takes_the_same_queries_for_one_and_for_fifty(
    admin: Member, make_number: Any
) -> None:
    client = client_of(admin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/numbers/")
        return len(captured)

    service = Service.objects.create(organization=admin.organization, name="Alerts")
    code = ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)

    def one_more(at: int) -> None:
        number = make_number(admin, Kind.PHONE_NUMBER, f"+4474001234{at:02}")
        services.allocate_number(service=service, number=number, channel="sms")
        make_number(admin, Kind.KEYWORD, f"WORD{at}", short_code=code)

    one_more(0)
    queries()  # the first request of a session asks more
    one = queries()
    for at in range(1, 25):
        one_more(at)
    assert queries() == one <= 5


def test_the_csv_of_many_numbers_has_those_of_the_filter_with_their_services(
    admin: Member, make_number: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "CHUNK", 2)
    service = Service.objects.create(organization=admin.organization, name="Alerts")
    for at in range(5):
        number = make_number(admin, Kind.PHONE_NUMBER, f"+4474001234{at:02}")
        services.allocate_number(service=service, number=number, channel="sms")
    make_number(admin, Kind.SENDER_ID, "NORTHWIND")
    page = client_of(admin).get("/numbers/?format=csv&kind=phone_number")
    lines = b"".join(page.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 6 and "NORTHWIND" not in "".join(lines)
    assert all("Alerts" in line for line in lines[1:])


def test_the_csv_has_every_number(admin: Member, make_number: Any) -> None:
    make_number(admin, Kind.SENDER_ID, "NORTHWIND")
    page = client_of(admin).get("/numbers/?format=csv")
    assert "NORTHWIND,Sender ID" in b"".join(page.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_strangers_number_is_not_found(
    admin: Member, outsider: Member, make_number: Any
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    client = client_of(outsider)
    for name in ("manage", "release"):
        assert client.get(reverse(f"numbers:{name}", args=[number.pk])).status_code == 404
    for name in ("undo-release", "as-sender"):
        assert client.post(reverse(f"numbers:{name}", args=[number.pk])).status_code == 404


def test_the_urls_of_a_number_are_saved(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    walk(client, stock[0])
    number = Number.objects.get()
    url = reverse("numbers:forms", args=[number.pk, "urls"])
    page = client.post(url, {"incoming_call_url": "ftp://x", "incoming_sms_url": ""})
    assert page.status_code == 422
    client.post(url, {"incoming_call_url": "https://example.com/call"})
    number.line.refresh_from_db()
    assert number.line.incoming_call_url == "https://example.com/call"


def test_the_page_of_a_landline_asks_for_nothing_about_sms(
    admin: Member, make_number: Any
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+442079460123", sms=False)
    now = timezone.now()
    PhoneLine.objects.create(number=number, carrier="stock", bought_at=now)
    client = client_of(admin)
    page = client.get(f"/numbers/{number.pk}/").text
    assert "Incoming-call URL" in page
    assert "Incoming-SMS URL" not in page and "Reserved keywords" not in page
    form = {"incoming_call_url": "https://example.com/call"}
    client.post(f"/numbers/{number.pk}/urls/", form)
    assert PhoneLine.objects.get().incoming_call_url == form["incoming_call_url"]


def test_a_release_says_until_when_the_number_is_charged(
    admin: Member, make_number: Any
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456", monthly_cost=5)
    name = make_number(admin, Kind.SENDER_ID, "NORTHWIND")
    client = client_of(admin)
    end = date_format(timezone.now() + releasing.QUARANTINE, "F Y")
    assert (
        f"charged up to the end of {end}" in client.get(f"/numbers/{number.pk}/release/").text
    )
    assert "charged" not in client.get(f"/numbers/{name.pk}/release/").text


def test_a_release_needs_the_number_typed(admin: Member, make_number: Any) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    client = client_of(admin)
    url = reverse("numbers:release", args=[number.pk])
    assert client.post(url, {"name": "wrong"}).status_code == 422
    client.post(url, {"name": "+44 7400 123-456"})
    number.refresh_from_db()
    assert number.state == State.RELEASING
    client.post(reverse("numbers:undo-release", args=[number.pk]))
    number.refresh_from_db()
    assert number.state == State.ACTIVE


def test_the_sender_page_shows_the_rules_of_the_country(admin: Member, catalogue: None) -> None:
    page = client_of(admin).get("/numbers/get/sender-id/rules/?country=AE")
    assert "AD- prefix" in page.content.decode()


def test_the_history_of_a_number_is_fetched_when_it_is_asked_for(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    client = client_of(admin)
    walk(client, stock[0])
    number = Number.objects.get()
    url = reverse("numbers:history", args=[number.pk])
    assert f'hx-get="{url}"' in client.get("/numbers/").text
    shown = client.get(url).text
    assert "History of" in shown
    assert number.events.first().text in shown
    assert "Monthly cost" in shown and f"{number.monthly_cost.normalize()}" in shown
    service = services.create_service(member=admin, name="Alerts")
    allocate_number(service=service, number=number, channel="sms")
    assert "Alerts (SMS)</a>" in client.get(url).text
    assert client_of(outsider).get(url).status_code == 404


@pytest.mark.parametrize(("country", "lengths"), [("AR", "4, 5 or 7"), ("SE", "5 or 7")])
def test_the_short_code_page_names_the_lengths_that_are_taken(
    admin: Member, catalogue: None, country: str, lengths: str
) -> None:
    client, address = client_of(admin), "/numbers/get/short-code/"
    client.get(address)
    client.post(f"{address}country/", {"country": country})
    shown = client.get(f"{address}code/").text
    assert f"<dd>{lengths} digits</dd>" in shown
    assert f"Needed for Vanity: {lengths} digits." in shown
    form = {"choice": "vanity", "use": "dedicated", "desired_code": "1234567"}
    assert client.post(f"{address}code/", form).status_code == 302


def test_a_code_that_vanity_needs_is_not_called_optional(
    admin: Member, catalogue: None
) -> None:
    page = client_of(admin).get("/numbers/get/keyword/").text
    assert re.search(r'for="id_desired_short_code">Desired Short Code</label>', page)
