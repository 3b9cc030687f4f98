"""Sender IDs, short codes and offline requests: rules, decisions of support, mails."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Country, Number, OfflineRequest, ShortCode, SmsRestriction
from imiconnect.numbers.numbering import working_day_after
from imiconnect.numbers.services import keywords, offline, releasing, senders, short_codes
from imiconnect.numbers.services.history import Blocked
from tests.factories import client_of


def country(iso2: str) -> Country:
    return Country.objects.get(pk=iso2)


def sender(member: Member, code: str, iso2: str = "GB") -> Number:
    return senders.request_sender_id(member=member, code=code, country=country(iso2))


def code_wish(**changes: Any) -> short_codes.Wish:
    values: dict[str, Any] = {
        "country": country("GB"),
        "choice": "vanity",
        "desired_code": "60777",
        "monthly_volume": 1000,
        "purpose": "Alerts",
    }
    return short_codes.Wish(**(values | changes))


# Sender IDs


def test_a_name_waits_for_support(admin: Member, catalogue: None) -> None:
    assert sender(admin, "NORTHWIND").state == State.PENDING


@pytest.mark.parametrize(
    ("code", "iso2", "sentence"),
    [
        ("", "GB", "Enter the desired sender code"),
        ("TWELVELETTER", "GB", "11 characters or fewer"),
        ("ACME!", "GB", "letters, digits"),
        ("+-_", "GB", "at least one letter"),
        ("ACME", "US", "not supported in United States"),
        ("447400123456", "GB", "Buy the number first"),
    ],
)
def test_sender_ids_that_are_refused(
    admin: Member, catalogue: None, code: str, iso2: str, sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        sender(admin, code, iso2)


def test_an_own_number_with_its_country_code_is_two_way_at_once(
    admin: Member, make_number: Any
) -> None:
    make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    kept = sender(admin, "+44 7400 123456")
    assert (kept.value, kept.state, kept.is_two_way) == ("447400123456", State.ACTIVE, True)


def test_an_own_number_without_country_code_is_told_so(admin: Member, make_number: Any) -> None:
    make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    with pytest.raises(ValidationError, match="447400123456"):
        sender(admin, "07400123456")


def test_a_strangers_number_is_no_sender_id(
    admin: Member, outsider: Member, make_number: Any
) -> None:
    make_number(outsider, Kind.PHONE_NUMBER, "+447400123456")
    with pytest.raises(ValidationError, match="Buy the number first"):
        sender(admin, "447400123456")


def test_preregistration_is_told_in_the_history(admin: Member, catalogue: None) -> None:
    iso2 = SmsRestriction.objects.filter(alphanumeric_sender_id="preregistration")[0].country_id
    assert "registered" in sender(admin, "NORTHWIND", iso2).events.get().text


def test_the_same_sender_id_twice_is_refused(admin: Member, catalogue: None) -> None:
    sender(admin, "NORTHWIND")
    with pytest.raises(ValidationError, match="has this Sender ID"):
        sender(admin, "northwind")


def test_support_rejects_with_a_reason_that_is_mailed(
    admin: Member, catalogue: None, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    number = sender(admin, "NORTHWIND")
    with pytest.raises(ValidationError, match="Enter the reason"):
        senders.reject(number=number, reason=" ")
    with django_capture_on_commit_callbacks(execute=True):
        senders.reject(number=number, reason="Belongs to somebody else")
    assert number.state == State.REJECTED
    assert mailoutbox[0].to == [admin.user.email]
    assert "Belongs to somebody else" in mailoutbox[0].body


def test_a_decision_is_made_once(admin: Member, catalogue: None) -> None:
    number = sender(admin, "NORTHWIND")
    senders.approve(number=number)
    with pytest.raises(ValidationError, match="is active now"):
        senders.reject(number=number, reason="Too late")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(code=st.text(max_size=14), iso2=st.sampled_from(["GB", "US", "AE", "DE"]))
def test_whatever_is_accepted_fits_an_sms_sender(
    admin: Member, catalogue: None, code: str, iso2: str
) -> None:
    try:
        checked = senders.check_sender_id(member=admin, code=code, country=country(iso2))
    except ValidationError:
        return
    assert len(checked.value) <= 11 and checked.value.isascii()
    assert any(letter.isalpha() for letter in checked.value)


# Short codes


@pytest.mark.parametrize(
    ("code", "iso2", "ok"),
    [
        ("60777", "GB", True),
        ("6077777", "GB", True),
        ("607", "GB", False),
        ("4455", "AE", True),
        ("4455", "FJ", False),
        ("60A77", "GB", False),
        ("", "GB", False),
    ],
)
def test_five_or_seven_digits_or_what_the_country_names(
    catalogue: None, code: str, iso2: str, ok: bool
) -> None:
    try:
        assert short_codes.checked_code(code, country(iso2)) == code
        assert ok
    except ValidationError:
        assert not ok


def test_a_code_is_active_when_all_operators_have_verified(
    admin: Member, catalogue: None
) -> None:
    wish = code_wish(operators=["Vodafone", "vodafone", "O2"])
    number = short_codes.request_short_code(member=admin, wish=wish)
    assert number.verifications.count() == 2
    short_codes.begin_verification(number=number)
    for check in number.verifications.all():
        assert number.state == State.VERIFYING
        short_codes.decide_verification(check=check, verified=True)
    number.refresh_from_db()
    assert (number.state, str(number.short_code)) == (State.ACTIVE, "60777")


def test_one_refusal_rejects_the_request_and_frees_the_code(
    admin: Member, outsider: Member, catalogue: None
) -> None:
    number = short_codes.request_short_code(member=admin, wish=code_wish())
    short_codes.begin_verification(number=number)
    check = number.verifications.get()
    short_codes.decide_verification(check=check, verified=False, reason="Not ours")
    number.refresh_from_db()
    assert (number.state, number.reason) == (State.REJECTED, "All operators: Not ours")
    again = short_codes.request_short_code(member=outsider, wish=code_wish())
    short_codes.begin_verification(number=again)


def test_a_dedicated_code_has_one_owner(
    admin: Member, outsider: Member, catalogue: None
) -> None:
    first = short_codes.request_short_code(member=admin, wish=code_wish())
    second = short_codes.request_short_code(member=outsider, wish=code_wish())
    short_codes.begin_verification(number=first)
    with pytest.raises(ValidationError, match="has an owner"):
        short_codes.begin_verification(number=second)


def test_a_code_has_one_owner_whatever_the_operators(
    admin: Member, outsider: Member, catalogue: None
) -> None:
    first = code_wish(operators=["O2", "Vodafone"])
    number = short_codes.request_short_code(member=admin, wish=first)
    wish = code_wish(operators=["EE"])
    other = short_codes.request_short_code(member=outsider, wish=wish)
    short_codes.begin_verification(number=number)
    with pytest.raises(ValidationError, match="has an owner"):
        short_codes.begin_verification(number=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        ShortCode.objects.create(code="60777", country_id="GB", operator="EE")
    text = client_of(admin).get(f"/numbers/{number.pk}/").content.decode()
    assert "O2, Vodafone" in text


@pytest.mark.parametrize("verified", [True, False])
def test_a_shared_code_is_given_with_keywords_once_it_is_verified(
    admin: Member, outsider: Member, catalogue: None, verified: bool
) -> None:
    numbers = [
        short_codes.request_short_code(member=member, wish=code_wish(is_dedicated=False))
        for member in (admin, outsider)
    ]
    for number in numbers:
        short_codes.begin_verification(number=number)
        assert keywords.default_codes() == []
    check = numbers[0].verifications.get()
    short_codes.decide_verification(check=check, verified=verified, reason="Not ours")
    assert [code.code for code in keywords.default_codes()] == ["60777"] * verified


def test_a_random_code_is_named_by_support(admin: Member, catalogue: None) -> None:
    wish = code_wish(choice="random", desired_code="")
    number = short_codes.request_short_code(member=admin, wish=wish)
    short_codes.begin_verification(number=number, code="81234")
    number.refresh_from_db()
    assert number.value == "81234"


@pytest.mark.parametrize(
    ("start", "iso2", "due"),
    [
        (dt.date(2026, 11, 19), "GB", dt.date(2026, 11, 23)),  # Thursday: Friday, Monday
        (dt.date(2026, 11, 21), "GB", dt.date(2026, 11, 24)),
        (dt.date(2026, 12, 24), "GB", dt.date(2026, 12, 30)),  # Boxing Day on the 28th
        (dt.date(2026, 7, 13), "FR", dt.date(2026, 7, 16)),
        (dt.date(2026, 11, 19), "SA", dt.date(2026, 11, 23)),  # Friday and Saturday are free
    ],
)
def test_the_due_date_knows_weekends_and_public_holidays(
    start: dt.date, iso2: str, due: dt.date
) -> None:
    assert working_day_after(start, 2, iso2) == due


@given(st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)), st.integers(1, 10))
def test_a_due_date_is_a_working_day_and_never_early(start: dt.date, days: int) -> None:
    due = working_day_after(start, days, "GB")
    assert due.weekday() < 5 and (due - start).days >= days


def test_the_wizard_asks_for_a_short_code(admin: Member, catalogue: None) -> None:
    client = client_of(admin)
    base = "/numbers/get/short-code/"
    client.get(base)
    client.post(f"{base}country/", {"typed": "GB"})
    client.post(
        f"{base}code/", {"choice": "vanity", "desired_code": "60777", "use": "dedicated"}
    )
    client.post(f"{base}purpose/", {"monthly_volume": "500", "purpose": "Alerts"})
    page = client.post(f"{base}review/", {}, follow=True)
    assert "The short code was requested" in page.content.decode()
    assert Number.objects.get().short_code_request.monthly_volume == 500


# Release


def test_a_number_that_is_a_sender_id_is_not_released(admin: Member, make_number: Any) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    senders.offer_as_sender_id(member=admin, number=number)
    with pytest.raises(Blocked, match="Sender ID"):
        releasing.release_number(member=admin, number=number, typed="+447400123456")


def test_a_code_that_is_a_sender_id_is_not_released(admin: Member, make_number: Any) -> None:
    code = ShortCode.objects.create(code="77777", country_id="GB")
    number = make_number(admin, Kind.SHORT_CODE, "77777", short_code=code, is_dedicated=True)
    kept = sender(admin, "77777")
    with pytest.raises(Blocked, match="Sender ID"):
        releasing.release_number(member=admin, number=number, typed="77777")
    releasing.release_number(member=admin, number=kept, typed="77777")
    releasing.release_number(member=admin, number=number, typed="77777")


def test_a_sender_id_does_not_come_back_without_its_number(
    admin: Member, make_number: Any
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    kept = senders.offer_as_sender_id(member=admin, number=number)
    for row in (kept, number):
        releasing.release_number(member=admin, number=row, typed="447400123456")
    with pytest.raises(ValidationError, match="Undo its release first"):
        releasing.undo_release(member=admin, number=kept)
    for row in (number, kept):
        releasing.undo_release(member=admin, number=row)
    assert kept.state == State.ACTIVE


def test_a_keyword_does_not_come_back_without_its_dedicated_code(
    admin: Member, make_number: Any
) -> None:
    code = ShortCode.objects.create(code="77777", country_id="GB")
    number = make_number(admin, Kind.SHORT_CODE, "77777", short_code=code, is_dedicated=True)
    keyword = make_number(admin, Kind.KEYWORD, "SAVINGS", short_code=code)
    releasing.release_number(member=admin, number=keyword, typed="SAVINGS")
    releasing.release_number(member=admin, number=number, typed="77777")
    with pytest.raises(ValidationError, match="Undo its release first"):
        releasing.undo_release(member=admin, number=keyword)
    for row in (number, keyword):
        releasing.undo_release(member=admin, number=row)
    assert keyword.state == State.ACTIVE


def test_a_keyword_on_a_shared_code_comes_back(admin: Member, make_number: Any) -> None:
    code = ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)
    keyword = make_number(admin, Kind.KEYWORD, "SAVINGS", short_code=code)
    releasing.release_number(member=admin, number=keyword, typed="SAVINGS")
    releasing.undo_release(member=admin, number=keyword)
    assert keyword.state == State.ACTIVE


def test_a_release_ends_after_seven_days_and_not_before(
    admin: Member, make_number: Any
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    releasing.release_number(member=admin, number=number, typed="+447400123456")
    assert releasing.finish_releases() == 0
    past = number.quarantine_until - dt.timedelta(days=8)
    Number.objects.update(quarantine_until=past)
    number.refresh_from_db()
    with pytest.raises(ValidationError, match="seven days are over"):
        releasing.undo_release(member=admin, number=number)
    assert releasing.finish_releases() == 1
    number.refresh_from_db()
    assert number.state == State.RELEASED


def test_releasing_a_dedicated_code_frees_it(admin: Member, make_number: Any) -> None:
    code = ShortCode.objects.create(code="77777", country_id="GB")
    number = make_number(admin, Kind.SHORT_CODE, "77777", short_code=code, is_dedicated=True)
    releasing.release_number(member=admin, number=number, typed="77777")
    Number.objects.update(quarantine_until=number.created_at)
    releasing.finish_releases()
    code.refresh_from_db()
    assert not code.is_active


# Offline requests


def test_an_answer_is_seen_by_the_requester_and_mailed(
    admin: Member, catalogue: None, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = client_of(admin)
    client.post("/numbers/get/offline/", {"country": "AF", "quantity": "3"})
    request = OfflineRequest.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        offline.answer(request=request, text="In two weeks", accepted=True, by=None)
    assert "In two weeks" in client.get("/numbers/requests/").content.decode()
    assert "In two weeks" in mailoutbox[0].body
    with pytest.raises(ValidationError, match="answered already"):
        offline.answer(request=request, text="No", accepted=False, by=None)


@pytest.mark.parametrize("path", ["sms-restrictions", "number-restrictions"])
def test_the_tools_find_a_country(viewer: Member, catalogue: None, path: str) -> None:
    text = client_of(viewer).get(f"/tools/{path}/?search=United King").content.decode()
    assert "United Kingdom" in text and "Andorra" not in text
