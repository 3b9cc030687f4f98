"""Quiet hours and rules of content, held against texts before they go out."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from imiconnect.accounts.models import Member
from imiconnect.numbers.models import SmsContentRule, SmsHours
from imiconnect.numbers.services import reference
from imiconnect.public_holidays import holiday_on
from imiconnect.rtm.lanes import SMS
from imiconnect.rtm.models import Attempt, Callback, Message, OpenMessage
from imiconnect.rtm.processors import mt
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from tests.rtm.telecom.conftest import Carrier
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
Outcome = Callable[..., Message]
LONDON = ZoneInfo("Europe/London")


def open_again(in_days: int = 1, covers: str = "promotional") -> dt.datetime:
    """Let texts into the United Kingdom on the day after so many days alone; return when."""
    day = timezone.now().astimezone(LONDON).date() + dt.timedelta(days=in_days)
    SmsHours.objects.filter(country="GB").delete()
    SmsHours.objects.create(
        country_id="GB",
        covers=covers,
        days=[day.isoweekday()],
        opens=dt.time(0),
        closes=dt.time(23, 59),
    )
    return dt.datetime.combine(day, dt.time(0), LONDON)


@pytest.fixture
def advertising(sms_service: Service) -> Service:
    """The service sends advertising."""
    return services.set_sms(service=sms_service, purpose="promotional", quiet_hours="wait")


def test_an_advert_waits_until_quiet_hours_end_and_says_so(
    advertising: Service,
    outcome: Outcome,
    carrier: type[Carrier],
    client_of: Any,
    admin: Member,
) -> None:
    opens = open_again()
    message = outcome()
    assert (message.state, message.attempts, carrier.sent) == (State.QUEUED, 0, [])
    due = OpenMessage.objects.get().due_at
    assert abs(due - opens) < dt.timedelta(seconds=1)
    client: Client = client_of(admin)
    page = client.get(reverse("rtm:journey", args=[message.transid]), follow=True)
    assertContains(page, "Held for quiet hours")
    assertContains(page, f"{opens:%Y-%m-%d} 00:00 (Europe/London)")


def test_a_held_advert_goes_when_the_hours_end(
    advertising: Service, outcome: Outcome, carrier: type[Carrier]
) -> None:
    opens = open_again()
    message = outcome()
    SmsHours.objects.filter(country="GB").delete()
    mt.process_due(lane=SMS, now=opens + dt.timedelta(seconds=1))
    message.refresh_from_db()
    assert (message.state, len(carrier.sent)) == (State.SUBMITTED, 1)
    assert Attempt.objects.count() == 1
    assert message.payload["held"]["why"].startswith("Waits for the end of quiet hours")


def test_a_held_advert_expires_at_the_time_its_sender_asked_for(
    advertising: Service, intake: Any, sms_order: Any, carrier: type[Carrier]
) -> None:
    open_again(in_days=2)
    expiry = timezone.now().replace(microsecond=0) + dt.timedelta(hours=2)
    intake.post("/resources/v1/messaging", json=sms_order() | {"expiry": expiry.isoformat()})
    mt.process_due(lane=SMS)
    message = Message.objects.get()
    assert message.expires_at == expiry
    assert "after the message expires" in message.payload["held"]["why"]


def test_an_advert_without_an_expiry_of_its_own_outlives_a_long_quiet_time(
    advertising: Service, outcome: Outcome
) -> None:
    opens = open_again(in_days=3)
    message = outcome()
    open_row = OpenMessage.objects.get()
    assert message.expires_at == open_row.expires_at
    assert dt.timedelta(hours=23) < message.expires_at - opens <= dt.timedelta(hours=25)


def test_a_held_text_has_its_whole_time_when_the_hours_end_however_often_it_waited(
    advertising: Service, outcome: Outcome
) -> None:
    opens = open_again()
    message = outcome()
    for _again in range(2):
        assert abs(message.expires_at - opens - dt.timedelta(days=1)) < dt.timedelta(minutes=1)
        OpenMessage.objects.update(due_at=timezone.now())
        mt.process_due(lane=SMS)
        message.refresh_from_db()


def test_promotional_hours_of_a_country_go_before_those_of_every_text(
    outcome: Outcome,
) -> None:
    open_again(in_days=2)
    SmsHours.objects.create(
        country_id="GB", covers="every", days=list(range(1, 8)), opens=dt.time(0),
        closes=dt.time(23, 59, 59),
    )  # fmt: skip
    assert outcome().state == State.SUBMITTED
    assert outcome(purpose="promotional").state == State.QUEUED


def test_a_service_may_have_adverts_refused_in_quiet_hours(
    sms_service: Service, outcome: Outcome
) -> None:
    services.set_sms(service=sms_service, purpose="promotional", quiet_hours="refuse")
    open_again()
    message = outcome()
    assert (message.state, message.code) == (State.FAILED, 7202)
    assert message.reason.startswith("It is quiet hours in United Kingdom, until ")
    assert Callback.objects.get().event == "failed"


@pytest.mark.parametrize(
    ("covers", "purpose", "state"),
    [
        ("promotional", "", State.SUBMITTED),
        ("promotional", "promotional", State.QUEUED),
        ("every", "", State.QUEUED),
    ],
)
def test_what_a_text_is_for_decides_which_hours_it_keeps(
    outcome: Outcome, covers: str, purpose: str, state: State
) -> None:
    open_again(covers=covers)
    assert outcome(**({"purpose": purpose} if purpose else {})).state == state


def not_on_holidays() -> None:
    """Let adverts into the United Kingdom in the day, not on its public holidays."""
    SmsHours.objects.filter(country="GB").delete()
    SmsHours.objects.create(
        country_id="GB", days=list(range(1, 8)), opens=dt.time(8), closes=dt.time(20),
        holidays="GB",
    )  # fmt: skip


#: Monday, in place of Boxing Day, which is a Saturday in 2026.
MOVED = dt.datetime(2026, 12, 28, 12, tzinfo=LONDON)


def sent_on_the_holiday(
    intake: Any, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Message:
    """Have a text accepted now and handled when it is noon of that Monday."""
    intake.post("/resources/v1/messaging", json=order)
    OpenMessage.objects.update(expires_at=MOVED + dt.timedelta(days=1))
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: MOVED)
        mt.process_due(lane=SMS)
    message: Message = Message.objects.get()
    return message


def test_an_advert_waits_for_the_end_of_a_holiday_that_was_moved_and_says_so(
    advertising: Service,
    intake: Any,
    sms_order: Any,
    carrier: type[Carrier],
    client_of: Any,
    admin: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    not_on_holidays()
    message = sent_on_the_holiday(intake, sms_order(), monkeypatch)
    assert OpenMessage.objects.get().due_at == dt.datetime(2026, 12, 29, 8, tzinfo=LONDON)
    client: Client = client_of(admin)
    page = client.get(reverse("rtm:journey", args=[message.transid]), follow=True)
    assertContains(page, "United Kingdom, 2026-12-29 08:00 (Europe/London).")
    assertContains(page, "Public holiday there: 2026-12-28 (Boxing Day (observed)).")


def test_an_advert_that_is_refused_on_a_holiday_is_told_which_one(
    sms_service: Service,
    intake: Any,
    sms_order: Any,
    carrier: type[Carrier],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services.set_sms(service=sms_service, purpose="promotional", quiet_hours="refuse")
    not_on_holidays()
    message = sent_on_the_holiday(intake, sms_order(), monkeypatch)
    assert message.state == State.FAILED
    assert message.reason.endswith("Public holiday there: 2026-12-28 (Boxing Day (observed)).")


def test_support_names_whose_holidays_shut_the_hours(catalogue: None) -> None:
    row = SmsHours.objects.get(country="FR")
    for part in ("FR", "FR-57", ""):
        row.holidays = part
        assert reference.keep(row).holidays == part
    for wrong in ("France", "FR-XX", "ZZ"):
        row.holidays = wrong
        with pytest.raises(ValidationError, match=f"No public holidays are known of {wrong}"):
            reference.keep(row)


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    good_friday = dt.date(2026, 4, 3)
    assert holiday_on("FR", good_friday) == ""
    assert holiday_on("FR-57", good_friday) == "Good Friday"
    assert holiday_on("FR-57", dt.date(2026, 7, 14)) == "National Day"


def test_the_library_of_holidays_is_not_read_at_the_start() -> None:
    code = "import sys, imiconnect.public_holidays; assert 'holidays' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


def test_a_purpose_that_is_none_is_refused(
    intake: Any, sms_order: Any, sms_service: Service
) -> None:
    answer = intake.post("/resources/v1/messaging", json=sms_order(purpose="spam"))
    assert answer.json()["response"][0]["code"] == "7004"


@pytest.mark.parametrize(
    ("kind", "value", "text", "said"),
    [
        ("no_links", "", "See acme.com", "must not have links"),
        ("no_links", "", "See https://a.test", "must not have links"),
        ("no_links", "", "Done.Thanks, 3.50", ""),
        ("no_phone_numbers", "", "Call +60 12-345 6789", "must not have phone numbers"),
        ("no_phone_numbers", "", "Code 123456", ""),
        ("no_phone_numbers", "", "Until 24-12-2026, or 2026-12-31.", ""),
        ("no_phone_numbers", "", "Until 24.12.2026: 60 12 345 6789", "must not have phone"),
        ("begins_with", "RM0", "Acme: sale", "begin with RM0"),
        ("begins_with", "RM0", "rm0 Acme: sale", ""),
        ("names_opt_out", "", "Sale today", "say how to opt out"),
        ("names_opt_out", "", "Sale. Reply STOP", ""),
        ("names_opt_out", "", "Sale. To opt-out call us", ""),
        ("sender_begins_with", "AD-", "Sale", ""),
    ],
)
def test_a_text_is_held_against_the_countrys_rules_of_content(
    advertising: Service, outcome: Outcome, kind: str, value: str, text: str, said: str
) -> None:
    SmsContentRule.objects.create(country_id="GB", kind=kind, value=value)
    message = outcome(text=text)
    assert message.code == (7202 if said else 7501)
    assert said in message.reason


def test_a_promotional_name_begins_as_the_country_asks(
    advertising: Service, admin: Member, new_number: Any, outcome: Outcome
) -> None:
    number = new_number(admin, "sender_id", "ACME")
    services.allocate_number(service=advertising, number=number, channel="sms")
    SmsContentRule.objects.create(country_id="GB", kind="sender_begins_with", value="AD-")
    message = outcome()
    assert message.code == 7101
    assert message.reason == "Promotional Sender IDs in United Kingdom begin with AD-."


def test_the_service_page_and_rest_set_the_rules(
    sms_service: Service, client_of: Any, admin: Member
) -> None:
    client: Client = client_of(admin)
    data = {"card": "sms", "sms_purpose": "promotional", "sms_quiet_hours": "refuse"}
    client.post(f"/services/{sms_service.pk}/outbound/", data)
    sms_service.refresh_from_db()
    assert (sms_service.sms_purpose, sms_service.sms_quiet_hours) == ("promotional", "refuse")
    answer = client.patch(
        f"/api/v1/services/{sms_service.pk}/",
        {"sms_purpose": "transactional"},
        "application/json",
    )
    assert answer.json()["sms_purpose"] == "transactional"
    assert answer.json()["sms_quiet_hours"] == "refuse"


def test_people_and_rest_read_what_is_applied(
    client_of: Any, viewer: Member, catalogue: None
) -> None:
    client: Client = client_of(viewer)
    page = client.get("/tools/sms-restrictions/?search=France").content.decode()
    assert "Promotional texts: Mon–Sat 08:00–22:00" in page
    row = client.get("/api/v1/numbers/sms-restrictions/?country=FR").json()["results"][0]
    assert row["sms_hours"][0] == {
        "covers": "promotional",
        "days": [1, 2, 3, 4, 5, 6],
        "opens": "08:00:00",
        "closes": "22:00:00",
        "holidays": "FR",
        "next_holiday": row["sms_hours"][0]["next_holiday"],
    }
    coming = row["sms_hours"][0]["next_holiday"]
    assert f"not on public holidays of FR (next: {coming['date']}, " in page
    assert holiday_on("FR", dt.date.fromisoformat(coming["date"])) == coming["name"]
    assert row["content_rules"][0]["kind"] == "names_opt_out"


def test_loading_the_data_again_keeps_hours_that_support_has_narrowed(
    advertising: Service,
) -> None:
    call_command("load_number_data", update=True)
    shipped = set(SmsHours.objects.values_list("country", "opens"))
    SmsHours.objects.filter(country="FR").update(opens=dt.time(10))
    SmsHours.objects.filter(country="IN").delete()
    call_command("load_number_data")
    assert SmsHours.objects.get(country="FR").opens == dt.time(10)
    assert SmsHours.objects.filter(country="IN").exists()
    call_command("load_number_data", update=True)
    assert set(SmsHours.objects.values_list("country", "opens")) == shipped
