"""Texts that come in: whose they are, where they go, and the words that end it."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.messaging import IncomingSms
from imiconnect.numbers.models import CarrierAccount, Number, PhoneLine, ShortCode
from imiconnect.numbers.ports import answers
from imiconnect.numbers.services import lines
from imiconnect.numbers.services.trying import try_text
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.lanes import SMS
from imiconnect.rtm.models import Callback, Message, OptOut, RuleEvent
from imiconnect.rtm.processors import mt, rules
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.sql import NIL, cursor
from imiconnect.rtm.telecom import optouts, traffic
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.rtm.telecom.conftest import ADDRESS, Carrier, settle
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "447400000001"


def comes_in(text: str, to: str = OURS, sender: str = ADDRESS, ref: str = "m1") -> None:
    answers.carried("acme", [IncomingSms(ref, sender, to, text)])
    settle()


def incoming() -> Message:
    return Message.objects.get(direction=Message.Direction.MO)


def test_a_text_is_logged_and_told_to_the_service(admin: Member, sms_service: Service) -> None:
    create_customer(member=admin, customer_id="crn-1", attributes={"msisdn": "+44 7400 123456"})
    comes_in("Where is my card?")
    message = incoming()
    assert (message.state, message.channel) == (State.RECEIVED, "sms")
    assert (message.service, message.address) == (sms_service, ADDRESS)
    callback = Callback.objects.get()
    assert callback.url == "https://customer.test/mo"
    body = json.loads(callback.body)
    assert {name: body[name] for name in ("channel", "oa", "da", "message", "userId")} == {
        "channel": "SMS",
        "oa": ADDRESS,
        "da": OURS,
        "message": "Where is my card?",
        "userId": "crn-1",
    }
    assert body["tid"] == str(message.pk)


def test_a_text_that_the_carrier_repeats_is_taken_once(sms_service: Service) -> None:
    comes_in("Hello")
    comes_in("Hello")
    assert Message.objects.count() == 1


def test_a_text_to_a_number_of_nobody_is_dropped(sms_service: Service) -> None:
    comes_in("Hello", to="447400000099")
    assert not Message.objects.exists()


def test_a_number_that_no_service_uses_still_logs(
    admin: Member, new_number: Callable[..., Number]
) -> None:
    new_number(admin, "phone_number", f"+{OURS}")
    comes_in("Hello")
    assert incoming().service is None and not Callback.objects.exists()


@pytest.mark.parametrize("text", ["savings please", "  ＳＡＶＩＮＧＳ", "Savings, now"])
def test_the_keyword_on_a_shared_code_decides_who_gets_it(
    admin: Member,
    outsider: Member,
    sms_service: Service,
    new_number: Callable[..., Number],
    code: Any,
    text: str,
) -> None:
    shared = code("80888", is_shared=True)
    own = new_number(admin, "keyword", "SAVINGS", short_code=shared)
    new_number(outsider, "keyword", "SAVE", short_code=shared)
    services.allocate_number(service=sms_service, number=own, channel="sms")
    comes_in(text, to="80888")
    message = incoming()
    assert message.service == sms_service
    assert message.payload["keyword"] == "SAVINGS"
    assert json.loads(Callback.objects.get().body)["keyword"] == "SAVINGS"


def test_a_text_without_a_keyword_goes_to_the_owner_of_the_code(
    admin: Member, sms_service: Service, new_number: Callable[..., Number], code: Any
) -> None:
    own = code("55555")
    number = new_number(admin, "short_code", "55555", short_code=own, is_dedicated=True)
    services.allocate_number(service=sms_service, number=number, channel="sms")
    comes_in("anything", to="55555")
    assert incoming().service == sms_service


def test_an_answer_to_a_short_code_sender_id_reaches_its_service(
    admin: Member, sms_service: Service, new_number: Callable[..., Number], code: Any
) -> None:
    new_number(admin, "short_code", "55555", short_code=code("55555"), is_dedicated=True)
    two_way = new_number(admin, "sender_id", "55555")
    services.allocate_number(service=sms_service, number=two_way, channel="sms")
    comes_in("Yes, please", to="55555")
    assert incoming().service == sms_service


@pytest.mark.parametrize("mapped", ["keyword", "short_code", "sender_id"])
def test_the_try_it_box_names_the_service_that_gets_the_text(
    admin: Member,
    team_member: Member,
    sms_service: Service,
    new_number: Callable[..., Number],
    code: Any,
    mapped: str,
) -> None:
    own = code("55555")
    numbers = {
        "short_code": new_number(
            admin, "short_code", "55555", short_code=own, is_dedicated=True
        ),
        "sender_id": new_number(admin, "sender_id", "55555"),
        "keyword": new_number(admin, "keyword", "SAVINGS", short_code=own),
    }
    services.allocate_number(service=sms_service, number=numbers[mapped], channel="sms")
    comes_in("savings please", to="55555")
    assert incoming().service == sms_service
    tried = try_text(member=admin, text="savings please", code=own)
    assert [use.name for use in tried.uses] == [f"{sms_service.name} (SMS)"]
    hidden = try_text(member=team_member, text="savings please", code=own)
    assert hidden.is_hidden and not hidden.uses


def test_nothing_is_sent_from_a_code_out_of_use(
    admin: Member,
    sms_service: Service,
    send_sms: Callable[..., Message],
    carrier: type[Carrier],
    new_number: Callable[..., Number],
    code: Any,
) -> None:
    own = code("55555")
    number = new_number(admin, "short_code", "55555", short_code=own, is_dedicated=True)
    services.allocate_number(service=sms_service, number=number, channel="sms")
    send_sms(senderid="55555")
    ShortCode.objects.filter(pk=own.pk).update(is_active=False)
    mt.process_due(lane=SMS)
    assert carrier.sent == []


def test_a_reserved_keyword_goes_to_its_url_alone(admin: Member, sms_service: Service) -> None:
    number = _with_line(sms_service)
    lines.reserve_keyword(member=admin, number=number, word="BALANCE", url="https://b.test/")
    comes_in("balance now")
    assert Callback.objects.get().url == "https://b.test/"
    assert incoming().payload["keyword"] == "BALANCE"


def test_the_incoming_url_of_a_number_goes_before_the_service(
    admin: Member, sms_service: Service
) -> None:
    number = _with_line(sms_service)
    lines.set_urls(
        member=admin, number=number, incoming_call_url="", incoming_sms_url="https://n.test/"
    )
    comes_in("Hello")
    assert Callback.objects.get().url == "https://n.test/"


def _with_line(service: Service) -> Number:
    number: Number = service.number_allocations.get().number
    PhoneLine.objects.create(
        number=number, carrier="acme", carrier_reference="x", bought_at=timezone.now()
    )
    return number


def test_the_own_url_of_a_number_without_a_service_is_called(
    admin: Member, sms_service: Service
) -> None:
    number = _with_line(sms_service)
    services.deallocate_number(allocation=sms_service.number_allocations.get())
    lines.set_urls(
        member=admin, number=number, incoming_call_url="", incoming_sms_url="https://n.test/"
    )
    comes_in("Hello")
    assert Callback.objects.get().service is None


@pytest.mark.parametrize("text", ["STOP", "  stop. ", "Unsubscribe please"])
def test_stop_puts_the_customer_on_the_list_and_answers_once(
    sms_service: Service, carrier: type[Carrier], text: str
) -> None:
    comes_in(text)
    comes_in(text, ref="m2")
    row = OptOut.objects.get()
    assert (row.address, row.sender, row.source) == (ADDRESS, OURS, "message")
    mt.process_due(lane=SMS)
    [reply] = carrier.sent
    assert reply.sender == OURS and reply.to == ADDRESS
    assert reply.text == f"You get no more messages from {OURS}. START brings them back."
    assert Message.objects.filter(direction=Message.Direction.MO).count() == 2


def test_a_text_told_twice_at_once_is_taken_and_answered_once(sms_service: Service) -> None:
    start, text = threading.Barrier(2), IncomingSms("m1", ADDRESS, OURS, "STOP")

    def tell() -> None:
        start.wait(PATIENCE)
        try:
            answers.carried("acme", [text])
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    settle()
    kinds = Message.objects.values_list("direction", flat=True)
    assert sorted(kinds) == [Message.Direction.MT, Message.Direction.MO]


def test_start_takes_the_customer_off_the_list_again(
    sms_service: Service, carrier: type[Carrier]
) -> None:
    comes_in("STOP")
    comes_in("start", ref="m2")
    assert not OptOut.objects.exists()
    mt.process_due(lane=SMS)
    assert [sms.text.split()[1] for sms in carrier.sent] == ["get", "get"]
    assert "again" in carrier.sent[1].text


def test_yes_from_somebody_who_is_not_out_is_an_ordinary_text(
    sms_service: Service, carrier: type[Carrier]
) -> None:
    comes_in("YES")
    mt.process_due(lane=SMS)
    assert not carrier.sent and Callback.objects.count() == 1


def test_help_is_answered_once_in_a_minute(
    sms_service: Service, carrier: type[Carrier]
) -> None:
    comes_in("HELP")
    comes_in("info", ref="m2")
    mt.process_due(lane=SMS)
    assert len(carrier.sent) == 1


def test_an_own_word_with_an_own_reply_works_like_stop(
    admin: Member, sms_service: Service, carrier: type[Carrier]
) -> None:
    optouts.save_word(member=admin, word="Genug", meaning="opt_out", reply="Schade.")
    comes_in("genug!")
    mt.process_due(lane=SMS)
    assert OptOut.objects.get().word == "Genug" and carrier.sent[0].text == "Schade."


def test_stop_on_a_shared_code_blocks_the_whole_code(
    admin: Member,
    sms_service: Service,
    send_sms: Callable[..., Message],
    carrier: type[Carrier],
    new_number: Callable[..., Number],
    code: Any,
) -> None:
    own = new_number(admin, "keyword", "SAVINGS", short_code=code("80888", is_shared=True))
    services.allocate_number(service=sms_service, number=own, channel="sms")
    comes_in("STOP", to="80888")
    message = send_sms(senderid="80888")
    mt.process_due(lane=SMS)
    message.refresh_from_db()
    assert message.code == 7109
    comes_in("START", to="80888", ref="m2")
    assert not OptOut.objects.exists()


def test_the_traffic_of_a_number_counts_both_ways(
    sms_service: Service, send_sms: Callable[..., Message]
) -> None:
    send_sms()
    comes_in("Hello")
    number = sms_service.number_allocations.get().number
    found = answers.traffic(number)
    assert (found.sent, found.received, found.calls) == (1, 1, 0)


def test_the_traffic_of_a_number_is_found_by_its_index(sms_service: Service) -> None:
    number = sms_service.number_allocations.get().number
    with cursor() as own:
        own.execute("SET enable_seqscan TO off")
        own.execute(b"EXPLAIN " + traffic.COUNT.encode(), [str(number.pk), NIL])
        plan = "\n".join(row[0] for row in own.fetchall())
        own.execute("RESET enable_seqscan")
    assert "payload ->> 'number'" in plan.split("Index Cond")[1]


def test_a_rule_answers_a_keyword_from_the_number_that_got_it(
    sms_service: Service, carrier: type[Carrier], new_number: Any, admin: Member, code: Any
) -> None:
    shared = code("80888", is_shared=True)
    own = new_number(admin, "keyword", "SAVINGS", short_code=shared)
    services.allocate_number(service=sms_service, number=own, channel="sms")
    condition = {"field": "keyword", "operator": "is", "value": "SAVINGS"}
    draft = Draft(
        name="Savings",
        listens="keyword",
        conditions=[condition],
        action="message",
        text="We call you back.",
    )
    create_rule(service=sms_service, draft=draft)
    comes_in("savings", to="80888")
    rules.process_due()
    mt.process_due(lane=SMS)
    [answer] = carrier.sent
    assert (answer.sender, answer.to, answer.text) == ("80888", ADDRESS, "We call you back.")


def test_a_reserved_keyword_starts_no_rule(admin: Member, sms_service: Service) -> None:
    number = _with_line(sms_service)
    lines.reserve_keyword(member=admin, number=number, word="BALANCE", url="https://b.test/")
    create_rule(
        service=sms_service,
        draft=Draft(name="All", listens="message", action="message", text="Thanks"),
    )
    comes_in("balance")
    assert not RuleEvent.objects.exists()


def test_a_signed_webhook_of_a_carrier_reaches_the_service(
    sms_service: Service, settings: Any
) -> None:
    settings.SANDBOX = True
    account = {"base_url": "http://127.0.0.1", "secret": "k" * 32}
    CarrierAccount.objects.update_or_create(slug="sandbox", defaults=account)
    said = {
        "type": "message.received",
        "id": "m1",
        "from": ADDRESS,
        "to": OURS,
        "text": "Hi",
        "at": "2026-11-26T01:02:03+00:00",
    }
    body, stamp = json.dumps(said).encode(), str(int(time.time()))
    signature = hmac.new(b"k" * 32, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    answer = Client().post(
        "/carriers/sandbox/events",
        body,
        "application/json",
        headers={"X-Carrier-Timestamp": stamp, "X-Carrier-Signature": signature},
    )
    assert answer.status_code == 200
    settle()
    assert incoming().service == sms_service
