"""The specification's rules on Facebook: a thank-you on Get Started, a sign-in by opt-in."""

import json

import pytest
from django.test import Client

from imiconnect.apps.models import App
from imiconnect.rtm.lanes import OTT
from imiconnect.rtm.models import Callback, Message
from imiconnect.rtm.processors import mt, rules
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.facebook.conftest import PSID
from tests.facebook.test_messages import connected, play, rtm_app  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def test_get_started_is_thanked_for(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    client.post(
        f"/apps/{connected.pk}/facebook/welcome/", {"enabled": "on", "payload": "START"}
    )
    create_rule(
        service=service,
        draft=Draft(
            name="Thanks",
            listens="postback",
            conditions=[{"field": "payload", "operator": "is", "value": "START"}],
            action="message",
            text="Thank you for visiting",
        ),
    )
    play(client, "postback", "Get Started")
    rules.process_due()
    mt.process_due(lane=OTT)
    answer = Message.objects.get(direction=Message.Direction.MT)
    assert (answer.channel, answer.address, answer.app) == ("fb", PSID, connected)
    assert answer.payload["message"] == "Thank you for visiting"
    assert answer.state == State.SUBMITTED


def test_send_to_messenger_signs_somebody_in(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    create_rule(
        service=service,
        draft=Draft(
            name="Sign in",
            listens="optin",
            action="url",
            url="https://northwind.example/signed-in",
        ),
    )
    play(client, "optin", "session-7", ref="session-7")
    rules.process_due()
    told = json.loads(Callback.objects.get(kind="ru").body)
    assert (told["event"], told["data"]["from"]) == ("optin", PSID)
    assert told["data"]["ref"] == "session-7"
