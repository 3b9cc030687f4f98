"""What a customer's device can show, by its ``capability-list``, and what it gets instead."""

import uuid
from typing import Any

import pytest
from django.test import Client

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.apple_business_chat.handler import AppleHandler
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.handler import OutMessage
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.rtm.models import Contact
from imiconnect.sandbox.apple_business_chat.world import store
from tests.apps.apple.test_apple_forms import FORM
from tests.apps.apple.test_apple_pickers import LIST, TIMES

PLAY = "/tools/sandbox/apple_business_chat/"
TWO = {"message": "Which?", "quickReplies": {"options": [{"title": "A"}, {"title": "B"}]}}


def shown(app: App, phone: str, payload: dict[str, Any], *able: str) -> str:
    """Send to a phone that can show so much; return the text of what it got."""
    handler = AppleHandler()
    message = OutMessage(uuid.uuid4(), phone, "opaqueid", payload, capabilities=frozenset(able))
    handler.send(account_of(app, handler), message)
    ((_key, kept),) = store.all("message", out=False)
    return str(kept["body"].get("body", ""))


@pytest.mark.parametrize(
    ("payload", "able", "text"),
    [
        ({"template": LIST}, "TIME", "Which size?\n1. Small\n2. Large"),
        ({"template": LIST}, "LIST", ""),
        (
            {"template": TIMES},
            "LIST",
            "When shall we call?\n1. 2026-09-01 15:00 UTC\n2. 2026-09-01 16:00 UTC",
        ),
        (TWO, "LIST", "Which?\n1. A\n2. B"),
        (TWO, "QUICK", ""),
        ({"message": "Hello"}, "", "Hello"),
    ],
)
def test_what_a_device_cannot_show_goes_as_a_numbered_text(
    linked: App, phone: str, payload: dict[str, Any], able: str, text: str
) -> None:
    assert shown(linked, phone, payload, able) == text


def test_a_form_for_a_mac_is_refused(linked: App, phone: str) -> None:
    with pytest.raises(ChannelError) as found:
        shown(linked, phone, {"template": FORM}, "LIST", "QUICK")
    assert found.value.outcome.name == "content"


@pytest.mark.parametrize(("device", "has_forms"), [("", True), ("mac", False)])
def test_what_the_device_can_show_is_kept_with_the_contact(
    linked: App, business: str, signed_in: Client, device: str, has_forms: bool
) -> None:
    signed_in.post(PLAY, {"act": "meet", "business": business, "device": device})
    ((customer, _data),) = store.all("customer")
    signed_in.post(PLAY, {"act": "say", "customer": customer, "text": "Hello"})
    hooks.work_through()
    able = Contact.objects.get(address=customer).capabilities
    assert ("FORM" in able, "LIST" in able) == (has_forms, True)
