"""PDUs of SMPP octet by octet, and what an account may be set to."""

from typing import Any

import pytest
from smpplib import smpp
from smpplib.client import SimpleSequenceGenerator

from imiconnect.identity import uuid7
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.base import Account
from imiconnect.numbers.carriers.smpp import pdus
from imiconnect.numbers.carriers.smpp.options import Options, problems_of

#: Written by hand and read by another implementation (npm smpp).
SUBMIT = (
    "0000003600000004000000000000000300050041434d45000101343437373030393030303031"
    "000000000000010000000568656c6c6f"
)
RECEIPT = (
    "000000a00000000500000000000000010001013434373730303930303030310005004143"
    "4d45000400000000000000006369643a6d31207375623a30303120646c7672643a3030312073"
    "75626d697420646174653a3236313132323130333020646f6e6520646174653a323631313232"
    "3130333120737461743a44454c49565244206572723a30303020746578743a68656c6c6f001e"
    "00036d31000427000102"
)


class At:
    """What the library asks of a client: a sequence number."""

    def __init__(self, sequence: int) -> None:
        self.sequence_generator = SimpleSequenceGenerator()
        self.sequence = sequence

    def next_sequence(self) -> int:
        return self.sequence


def content(**fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "reference": uuid7(),
        "sender": "ACME",
        "sender_kind": m.SenderKind.ALPHANUMERIC,
        "to": "447700900001",
        "coding": m.Coding.GSM7,
        "segments": (m.Segment(b"hello"),),
    }
    return pdus.contents(m.OutgoingSms(**(values | fields)))[0]


def test_submit_sm_octet_by_octet() -> None:
    fields = pdus.submit(content(), 60, Options(sends_validity=False))
    assert smpp.make_pdu("submit_sm", client=At(3), **fields).generate().hex() == SUBMIT


def test_a_receipt_octet_by_octet() -> None:
    pdu = smpp.parse_pdu(bytes.fromhex(RECEIPT), client=At(1), allow_unknown_opt_params=True)
    report = pdus.delivered(pdu, Options())
    assert report == pdus.Report("m1", pdus.State.DELIVERED, "000")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1800, "000000003000000R"), (86_399, "000000235959000R"), (172_800, "000002000000000R")],
)
def test_how_long_a_text_is_worth_sending(seconds: int, told: str) -> None:
    assert pdus.submit(content(), seconds, Options())["validity_period"] == told


def test_a_centre_with_latin_1_as_its_alphabet() -> None:
    fields = content(segments=(m.Segment(b"\x00\x5e\x1b\x65"),))
    told = pdus.submit(fields, 60, Options(default_alphabet="latin1"))
    assert told["short_message"] == "@Ü?".encode("latin-1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_url": "http://centre.example"}, "smpp://"),
        ({"account": "x" * 16}, "15 characters"),
        ({"secret": "123456789"}, "8 characters"),
        ({"options": {"window": 0}}, "window"),
        ({"options": {"no_such": 1}}, "no_such"),
        ({"options": {"receipt_ids": "octal"}}, "receipt_ids"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(changes: dict[str, Any], words: str) -> None:
    right = {"base_url": "smpp://centre.example:2775", "account": "us", "secret": "secret"}
    assert problems_of(Account(**right)) == []
    [problem] = problems_of(Account(**(right | changes)))
    assert words in str(problem)
