"""SMPP against a foreign centre (npm smpp): receipts, texts in, faults; nothing is lost."""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection

from imiconnect.identity import uuid7
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.smpp import runner
from imiconnect.numbers.models import (
    CarrierAccount,
    SmppLink,
    SmppPart,
)
from imiconnect.numbers.services import carrying
from tests.numbers.centre import MessageCentre, bound, message_centre
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def text(words: str = "hello", **fields: Any) -> m.OutgoingSms:
    values: dict[str, Any] = {
        "reference": uuid7(),
        "sender": "ACME",
        "sender_kind": m.SenderKind.ALPHANUMERIC,
        "to": "447700900001",
        "coding": m.Coding.GSM7,
        "segments": (m.Segment(words.encode("ascii")),),
        "text": words,
    }
    return m.OutgoingSms(**(values | fields))


def receipts(events: Sequence[m.Event]) -> dict[str, m.Receipt]:
    return {event.provider_id: event for event in events if isinstance(event, m.Receipt)}


def send(*texts: m.OutgoingSms) -> None:
    for carried in carrying.send(texts):
        assert isinstance(carried.submission, m.Accepted), carried


def test_a_text_is_submitted_and_its_receipt_comes_back(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port, options={"system_type": "GW"})
    wait_until(bound)
    sms = text()
    send(sms)
    wait_until(lambda: heard)
    assert centre.seen("bind") == [{"event": "bind", "system_id": "us", "type": "GW"}]
    [submit] = centre.seen("submit")
    assert (submit["from"], submit["to"], submit["text"]) == ("ACME", "447700900001", "hello")
    assert (submit["ton"], submit["npi"], submit["coding"]) == (5, 0, 0)
    receipt = receipts(heard)[str(sms.reference)]
    assert (receipt.status, receipt.reason) == (m.Status.DELIVERED, None)
    wait_until(lambda: centre.seen("receipt_taken"))


def test_kinds_of_senders_and_alphabets(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port)
    wait_until(bound)
    cyrillic = "Привет".encode("utf-16-be")
    send(
        text(sender="80888", sender_kind=m.SenderKind.SHORT_CODE),
        text(sender="447700900000", sender_kind=m.SenderKind.PHONE_NUMBER, is_flash=True),
        text(coding=m.Coding.UCS2, segments=(m.Segment(cyrillic),)),
        text(coding=m.Coding.GSM7, segments=(m.Segment(b"\x00 \x1b\x65"),)),
    )
    wait_until(lambda: len(receipts(heard)) == 4)
    seen = {
        (s["from"], s["ton"], s["npi"], s["coding"], s["text"]) for s in centre.seen("submit")
    }
    assert ("80888", 3, 0, 0, "hello") in seen
    assert ("447700900000", 1, 1, 0x10, "hello") in seen
    assert ("ACME", 5, 0, 8, "Привет") in seen
    assert ("ACME", 5, 0, 0, "@ €") in seen


def parts(count: int) -> tuple[m.Segment, ...]:
    return tuple(
        m.Segment(f"part {number}".encode(), bytes([5, 0, 3, 7, count, number]))
        for number in range(1, count + 1)
    )


def test_a_text_of_parts_is_delivered_with_its_last_part(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port)
    wait_until(bound)
    sms = text(segments=parts(3))
    send(sms)
    wait_until(lambda: heard)
    assert [submit["esm"] for submit in centre.seen("submit")] == [0x40] * 3
    assert [submit["udh"] for submit in centre.seen("submit")] == [
        [f"00030703{number:02}"] for number in (1, 2, 3)
    ]
    assert set(SmppPart.objects.values_list("state", flat=True)) == {SmppPart.State.DELIVERED}
    assert [type(event) for event in heard] == [m.Receipt]


@pytest.mark.parametrize(
    ("receipt", "options", "status", "reason"),
    [
        ({"state": 5, "err": "031"}, {"errors": {"031": 7206}}, m.Status.FAILED, m.MEMORY_FULL),
        ({"state": 8}, {}, m.Status.FAILED, m.AT_OPERATOR),
        ({"state": 3}, {}, m.Status.UNDELIVERED, m.EXPIRED),
        ({"text": True, "stat": "DELIVRD"}, {}, m.Status.DELIVERED, None),
        ({"text": True, "stat": "undeliv"}, {}, m.Status.FAILED, m.AT_OPERATOR),
        ({"hex": True}, {"receipt_ids": "hex_in_receipt"}, m.Status.DELIVERED, None),
    ],
    ids=["err", "rejected", "expired", "text alone", "lower case", "hex ids"],
)
def test_receipts_as_centres_write_them(
    centre: MessageCentre,
    connect: Any,
    heard: list[m.Event],
    receipt: dict[str, Any],
    options: dict[str, Any],
    status: m.Status,
    reason: m.Reason | None,
) -> None:
    centre.order(mode={"receipt": receipt})
    connect(centre.port, options=options)
    wait_until(bound)
    send(text())
    wait_until(lambda: heard)
    [event] = heard
    assert isinstance(event, m.Receipt)
    assert (event.status, event.reason) == (status, reason)


def test_a_receipt_that_overtakes_the_answer_is_kept_for_it(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    centre.order(mode={"early": True})
    connect(centre.port)
    wait_until(bound)
    send(text())
    wait_until(lambda: heard)
    assert len(centre.seen("submit")) == 1


def test_a_full_centre_delays_texts_and_fails_none(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    centre.order(mode={"refuse": {"status": 0x58, "times": 4}})
    connect(centre.port)
    wait_until(bound)
    send(*[text() for _ in range(6)])
    wait_until(lambda: len(receipts(heard)) == 6)
    assert {event.status for event in receipts(heard).values()} == {m.Status.DELIVERED}
    assert len(centre.seen("submit")) == 10


@pytest.mark.parametrize(
    ("status", "reason"),
    [(0x0B, m.BAD_ADDRESS), (0x0A, m.BAD_SENDER), (0x45, m.AT_OPERATOR)],
)
def test_a_refusal_is_final(
    centre: MessageCentre, connect: Any, heard: list[m.Event], status: int, reason: m.Reason
) -> None:
    centre.order(mode={"refuse": {"status": status, "times": 9}})
    connect(centre.port)
    wait_until(bound)
    send(text(segments=parts(2)))
    wait_until(lambda: heard)
    [event] = heard
    assert isinstance(event, m.Receipt)
    assert (event.status, event.reason) == (m.Status.FAILED, reason)


def test_a_connection_killed_in_the_middle_loses_nothing(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    centre.order(mode={"drop_after": 17, "slow": 20})
    connect(centre.port)
    wait_until(bound)
    texts = [text(f"number {place}") for place in range(60)]
    send(*texts)
    wait_until(lambda: len(receipts(heard)) == 60)
    assert set(receipts(heard)) == {str(sms.reference) for sms in texts}
    assert {submit["text"] for submit in centre.seen("submit")} == {sms.text for sms in texts}
    assert len(centre.seen("bind")) == 2


def test_answers_with_which_a_connection_ends_are_kept(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    centre.order(mode={"last_words": 8})
    connect(centre.port)
    wait_until(bound)
    texts = [text(f"number {place}") for place in range(8)]
    send(*texts)
    wait_until(lambda: len(receipts(heard)) == 8)
    assert len(centre.seen("submit")) == 8


def test_a_centre_that_dies_is_waited_for(connect: Any, heard: list[m.Event]) -> None:
    with message_centre() as first:
        first.order(mode={"slow": 60_000})
        connect(first.port)
        wait_until(bound)
        send(text())
        wait_until(lambda: first.seen("submit"))
    wait_until(lambda: not bound())
    [carried] = carrying.send([text()])
    assert isinstance(carried.submission, m.Declined)
    assert carried.submission.reason == m.CARRIER_DOWN
    with message_centre() as second:
        CarrierAccount.objects.update(base_url=f"smpp://127.0.0.1:{second.port}")
        again = runner.Runner()
        again.look()
        wait_until(lambda: receipts(heard), 20)
        again._end(list(again._links))


def test_the_same_reference_again_is_sent_once(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port)
    wait_until(bound)
    sms = text()
    send(sms)
    send(sms)
    wait_until(lambda: heard)
    assert SmppPart.objects.count() == 1


def test_parts_are_told_by_optional_parameters_where_the_centre_wants_that(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port, options={"concatenation": "sar"})
    wait_until(bound)
    send(text(segments=parts(2)))
    wait_until(lambda: heard)
    told = [(s["esm"], s["udh"], s["sar"], s["text"]) for s in centre.seen("submit")]
    assert told == [(0, [], [7, 2, 1], "part 1"), (0, [], [7, 2, 2], "part 2")]


def test_a_wrong_password_is_told_and_nothing_is_accepted(
    centre: MessageCentre, connect: Any
) -> None:
    connect(centre.port, secret="wrong")
    wait_until(lambda: SmppLink.objects.exclude(error="").exists())
    [carried] = carrying.send([text()])
    assert isinstance(carried.submission, m.Declined)
    assert carried.submission.reason.another_may
    assert not bound()


def test_a_silent_centre_is_left_and_bound_again(centre: MessageCentre, connect: Any) -> None:
    centre.order(mode={"deaf": True})
    connect(centre.port, options={"enquire_seconds": 0.2})
    wait_until(lambda: len(centre.seen("bind")) >= 2)
    assert centre.seen("enquire_link")


def test_the_end_unbinds(centre: MessageCentre, connect: Any) -> None:
    connect(centre.port)
    wait_until(bound)
    CarrierAccount.objects.update(is_active=False)
    ending = runner.Runner()
    ending.look()
    assert ending._links == {}


def certificate(folder: Path) -> tuple[str, str]:
    """Make a certificate for 127.0.0.1; return the paths of key and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "centre")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "cert.pem"
    paths[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return str(paths[0]), str(paths[1])


def test_tls_with_a_certificate_that_is_known(
    connect: Any, heard: list[m.Event], tmp_path: Path
) -> None:
    key, cert = certificate(tmp_path)
    with message_centre(key, cert) as centre:
        connect(centre.port, scheme="smpps", options={"ca_file": cert})
        wait_until(bound)
        send(text())
        wait_until(lambda: heard)


def test_tls_with_a_certificate_that_nobody_vouches_for_is_refused(
    connect: Any, tmp_path: Path
) -> None:
    with message_centre(*certificate(tmp_path)) as centre:
        connect(centre.port, scheme="smpps")
        wait_until(lambda: SmppLink.objects.filter(error__icontains="certificate").exists())
        assert centre.seen("bind") == []


def test_what_nobody_sent_in_time_expires(heard: list[m.Event]) -> None:
    from imiconnect.numbers.carriers.smpp import store

    sms = text(valid_for=-1, segments=parts(2))
    store.put("smpp", [sms])
    store.sweep("smpp")
    [event] = heard
    assert isinstance(event, m.Receipt)
    assert (event.provider_id, event.reason) == (str(sms.reference), m.EXPIRED)
    connection.close()
