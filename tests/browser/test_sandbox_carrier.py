"""The handset of the sandbox carrier: what arrives, an answer, a call, and axe."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.identity import uuid7
from imiconnect.numbers import ports
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.services import carrying
from imiconnect.sandbox.store import Store
from tests.waiting import wait_until

HANDSET = "447400123456"


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SANDBOX = True


def send_text(words: str) -> None:
    sms = m.OutgoingSms(
        uuid7(), "80888", m.SenderKind.SHORT_CODE, HANDSET, m.Coding.GSM7,
        (m.Segment(b"hi"),), words,
    )  # fmt: skip
    [said] = carrying.send([sms])
    assert isinstance(said.submission, m.Accepted)


def test_a_person_plays_the_handset(
    page: Page,
    admin: Member,
    sign_in: Callable[[Page, Member], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events: list[m.Event] = []
    monkeypatch.setattr(ports.answers, "carried", lambda _account, some: events.extend(some))
    Store("carrier").set_switches({"by_hand"})
    sign_in(page, admin)
    send_text("Your order is on its way")
    page.goto(f"/tools/sandbox/carrier/?handset={HANDSET}")
    expect(page.get_by_text("Your order is on its way")).to_be_visible()
    page.get_by_role("button", name="Memory is full").click()
    expect(page.get_by_text("Failed (memory_full)")).to_be_visible()
    page.get_by_label("Text (optional)").fill("Thanks")
    page.get_by_role("button", name="Send the text").click()
    expect(page.get_by_text("To 80888")).to_be_visible()
    page.get_by_label("Your phone number or short code").fill("")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("alert")).to_contain_text("your phone number or short code")
    wait_until(lambda: {type(event) for event in events} >= {m.Receipt, m.IncomingSms})


def test_the_handset_keeps_nobody_out(
    page: Page,
    admin: Member,
    sign_in: Callable[[Page, Member], None],
    seen: Callable[[str], None],
) -> None:
    Store("carrier").set_switches({"by_hand"})
    sign_in(page, admin)
    page.goto("/tools/sandbox/carrier/")
    seen("empty")
    send_text("Your order is on its way. " * 12)
    Store("carrier").put(
        "call", "c1", handset=HANDSET, line="447400222222", outgoing=True, state="answered",
        at="2026-11-26T01:02:03", actions=[{"do": "say", "text": "Your code is 1 2 3"}],
    )  # fmt: skip
    page.goto(f"/tools/sandbox/carrier/?handset={HANDSET}")
    expect(page.get_by_text(re.compile("Your code is 1 2 3"))).to_be_visible()
    seen("handset")
