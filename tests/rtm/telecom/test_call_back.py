"""The specification's example: who texts SAVINGS to the short code gets a call."""

from collections.abc import Callable

import pytest

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.messaging import IncomingSms
from imiconnect.numbers.models import Number, ShortCode
from imiconnect.numbers.ports import answers
from imiconnect.rtm.lanes import VOICE
from imiconnect.rtm.models import Message
from imiconnect.rtm.processors import mt, rules
from imiconnect.sharing import services
from imiconnect.sharing.models import RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.rtm.telecom.conftest import ADDRESS, settle
from tests.rtm.telecom.test_calls import Phone, number, phone, service

__all__ = ["number", "phone", "service"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_texts_savings_is_called_back(
    admin: Member,
    service: Service,
    new_number: Callable[..., Number],
    code: Callable[..., ShortCode],
) -> None:
    short_code = code("55555")
    new_number(admin, "short_code", "55555", short_code=short_code, is_dedicated=True)
    keyword = new_number(admin, "keyword", "SAVINGS", short_code=short_code)
    services.allocate_number(service=service, number=keyword, channel="sms")
    create_rule(
        service=service,
        draft=Draft(
            name="Savings",
            listens="keyword",
            conditions=[{"field": "keyword", "operator": "one_of", "value": "savings"}],
            action="call",
            recipient="{{from}}",
            text="Your savings earn three per cent.",
        ),
    )
    answers.carried("acme", [IncomingSms("m1", ADDRESS, "55555", "savings")])
    settle()
    rules.process_due()
    run = RuleRun.objects.get()
    assert (run.state, run.reason) == ("done", "")
    assert Message.objects.get(channel="voice").address == ADDRESS
    mt.process_due(lane=VOICE)
    assert [call.to for call in Phone.calls] == [ADDRESS]
