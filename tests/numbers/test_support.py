"""Support staff: queues with reasons, imports with a dry run, reference data."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from imiconnect.accounts import services as people
from imiconnect.accounts.models import Member
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers import models
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.services import history, importing
from tests.numbers.rows import make_rows


@pytest.fixture
def staff(db: None) -> Client:
    """A client of the support staff."""
    user = people.create_staff(email="help@example.test", name="Helpful", password="x" * 16)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def rows(admin: Member) -> dict[str, models.Number]:
    return make_rows(admin)


def act(staff: Client, page: str, action: str, row: Any, **more: str) -> Any:
    form = {"action": action, "_selected_action": [str(row.pk)], **more}
    return staff.post(f"/admin/numbers/{page}/", form)


def test_support_approves_a_sender_id(staff: Client, rows: dict[str, models.Number]) -> None:
    number = rows[Kind.SENDER_ID]
    act(staff, "senderidrequest", "approve", number)
    number.refresh_from_db()
    assert number.state == State.ACTIVE
    assert AuditEntry.objects.filter(action="sender_id.active", actor__is_staff=True).exists()


def test_support_rejects_a_keyword_only_with_a_reason(
    staff: Client, rows: dict[str, models.Number]
) -> None:
    number = rows[Kind.KEYWORD]
    page = act(staff, "keywordrequest", "reject", number)
    assert "Reason, which the requester reads" in page.content.decode()
    act(staff, "keywordrequest", "reject", number, apply="1", text=" ")
    number.refresh_from_db()
    assert number.state == State.PENDING
    act(staff, "keywordrequest", "reject", number, apply="1", text="Somebody's brand")
    number.refresh_from_db()
    assert (number.state, number.reason) == (State.REJECTED, "Somebody's brand")


def test_support_takes_a_short_code_through_verification(
    staff: Client, rows: dict[str, models.Number]
) -> None:
    number = rows[Kind.SHORT_CODE]
    act(staff, "shortcodeorder", "begin", number)
    check = number.verifications.get()
    assert check.due_on is not None
    act(staff, "operatorverification", "verify", check)
    number.refresh_from_db()
    assert number.state == State.ACTIVE


def test_support_answers_an_offline_request(
    staff: Client, rows: dict[str, models.Number]
) -> None:
    request = models.OfflineRequest.objects.get()
    act(staff, "offlinerequest", "answer", request, apply="1", text="In two weeks")
    request.refresh_from_db()
    assert (request.state, request.answered_by.email) == ("answered", "help@example.test")


def test_support_finds_what_a_requester_names_by_its_reference(
    staff: Client, rows: dict[str, models.Number]
) -> None:
    """They are told N-…, R-… or S-… and have nothing else at hand."""
    order, wish = models.NumberOrder.objects.get(), models.OfflineRequest.objects.get()
    for page, reference, shown in (
        ("numberorder", str(order), str(order)),
        ("offlinerequest", str(wish).lower(), "Afghanistan"),
        ("shortcodeorder", rows[Kind.SHORT_CODE].short_code_request.reference, "60777"),
    ):
        found = staff.get(f"/admin/numbers/{page}/", {"q": reference})
        assert shown in found.text, page
        other = staff.get(f"/admin/numbers/{page}/", {"q": "N-0123456789AB"})
        assert other.context["cl"].result_count == 0, page


def test_what_waits_is_on_top_of_a_queue_the_oldest_first(
    staff: Client, rows: dict[str, models.Number], admin: Member
) -> None:
    words = [rows[Kind.SENDER_ID]]
    for word in ("DONE", "YOUNGER"):
        made = history.create(
            member=admin, kind=Kind.SENDER_ID, value=word, text="Made", state="pending",
            country_id="GB",
        )  # fmt: skip
        words.append(made)
    act(staff, "senderidrequest", "approve", words[1])
    queue = staff.get("/admin/numbers/senderidrequest/").context["cl"].result_list
    assert [row.value for row in queue] == ["NORTHWIND", "YOUNGER", "DONE"]


def test_the_first_page_counts_what_waits(
    staff: Client, rows: dict[str, models.Number]
) -> None:
    """A check waits once its code is with the operators."""

    def waiting() -> dict[str, int]:
        page = staff.get("/admin/")
        assert "Waits for a decision" in page.text
        return {str(queue.label): queue.waiting for queue in page.context["queues"]}

    names = ("Sender ID requests", "Short code orders", "Short code verifications")
    assert [waiting()[name] for name in names] == [1, 1, 0]
    act(staff, "senderidrequest", "approve", rows[Kind.SENDER_ID])
    act(staff, "shortcodeorder", "begin", rows[Kind.SHORT_CODE])
    assert [waiting()[name] for name in names] == [0, 0, 1]


def test_a_decision_that_comes_too_late_is_told(
    staff: Client, rows: dict[str, models.Number]
) -> None:
    number = rows[Kind.SENDER_ID]
    act(staff, "senderidrequest", "approve", number)
    page = act(staff, "senderidrequest", "approve", number)
    text = staff.get(page.headers["Location"]).content.decode()
    assert "is active now" in text


GOOD = "from,to,number_type,operator\n+447400200000,+447400200009,multi_function,Own\n"
BAD = (
    "from,to,number_type,operator\n"
    "+447400300000,,multi_function,Own\n"
    "12345,,multi_function,Own\n"
    "+447400300000,,multi_function,Own\n"
    "+447400300009,+447400300001,multi_function,Own\n"
    "+447400300020,,gold,Own\n"
    "+447400300021,Own\n"
)


def test_a_good_file_of_ranges_becomes_stock(catalogue: None) -> None:
    assert importing.import_stock(GOOD).written == 10
    row = models.StockNumber.objects.get(e164="+447400200007")
    assert (row.national, row.country_id, row.operator) == ("7400200007", "GB", "Own")


def test_a_dry_run_changes_nothing(catalogue: None) -> None:
    report = importing.check_stock(GOOD)
    assert len(report.rows) == 10 and not report.problems
    assert not models.StockNumber.objects.exists()


def test_a_wrong_file_says_line_by_line_what_is_wrong_and_changes_nothing(
    catalogue: None,
) -> None:
    report = importing.import_stock(BAD)
    assert [problem.line for problem in report.problems] == [3, 4, 5, 6, 7]
    assert not models.StockNumber.objects.exists()


def test_a_number_in_stock_is_not_imported_again(catalogue: None) -> None:
    importing.import_stock(GOOD)
    report = importing.import_stock(GOOD)
    assert len(report.problems) == 10 and "in stock already" in report.problems[0].text


RATES = (
    "iso2,number_type,voice,sms,address_requirement,"
    "monthly_rental_usd,inbound_voice_usd_per_min,inbound_sms_usd,outbound_sms_usd,source\n"
)


def test_a_rate_card_replaces_the_rates_it_names(catalogue: None) -> None:
    report = importing.import_rates(f"{RATES}GB,multi_function,1,1,none,9.50,,,,Ours\n")
    assert report.written == 1
    rate = models.RateCard.objects.get(country="GB", number_type="multi_function")
    assert (str(rate.monthly_rental), rate.inbound_sms, rate.source) == (
        "9.50000",
        None,
        "Ours",
    )


@pytest.mark.parametrize(
    "line",
    [
        "XX,mobile,0,1,none,1,,,,x",
        "GB,gold,0,1,none,1,,,,x",
        "GB,mobile,0,0,none,1,,,,x",
        "GB,mobile,0,1,near,1,,,,x",
        "GB,mobile,0,1,none,-1,,,,x",
        "GB,mobile,0,1,none,NaN,,,,x",
    ],
)
def test_a_wrong_rate_changes_nothing(catalogue: None, line: str) -> None:
    good = "GB,multi_function,1,1,none,9.50,,,,Ours"
    report = importing.import_rates(f"{RATES}{good}\n{line}\n")
    assert [problem.line for problem in report.problems] == [3]
    assert not models.RateCard.objects.filter(source="Ours").exists()


def test_the_import_page_shows_the_dry_run(staff: Client, catalogue: None) -> None:
    upload = SimpleUploadedFile("ranges.csv", BAD.encode())
    page = staff.post(
        reverse("admin:numbers_stocknumber_import_rows"), {"file": upload, "check": "1"}
    )
    text = page.content.decode()
    assert "12345 is no valid number" in text and "nothing was changed" in text


def test_support_edits_a_restriction_with_its_source(staff: Client, catalogue: None) -> None:
    rule = models.SmsRestriction.objects.get(country="GB")
    form = {
        "country": "GB", "alphanumeric_sender_id": "preregistration",
        "numeric_sender": "supported", "two_way_sms": "yes", "short_code_available": "yes",
        "quiet_hours": "", "other_content_restrictions": "", "source": "Our carrier",
        "checked_on": "2026-11-01",
    }  # fmt: skip
    assert (
        staff.post(f"/admin/numbers/smsrestriction/{rule.pk}/change/", form).status_code == 302
    )
    rule.refresh_from_db()
    assert (rule.source, rule.alphanumeric_sender_id) == ("Our carrier", "preregistration")
    assert AuditEntry.objects.filter(action="smsrestriction.changed").exists()


def test_a_reserved_word_is_no_keyword_any_more(staff: Client, catalogue: None) -> None:
    staff.post("/admin/numbers/reservedword/add/", {"word": "Casino", "meaning": "reserved"})
    from django.core.exceptions import ValidationError

    from imiconnect.numbers.services.keywords import checked_word

    with pytest.raises(ValidationError, match="Casino is reserved"):
        checked_word("CASINO")


def test_a_carriers_secret_is_set_and_never_shown(staff: Client, catalogue: None) -> None:
    form = {"slug": "stock", "position": "2", "is_active": "on", "new_secret": "hush-hush-1234"}
    account = models.CarrierAccount.objects.get(slug="stock")
    url = f"/admin/numbers/carrieraccount/{account.pk}/change/"
    assert staff.post(url, form).status_code == 302
    account.refresh_from_db()
    assert account.secret == "hush-hush-1234"
    assert "hush-hush" not in staff.get(url).content.decode()
