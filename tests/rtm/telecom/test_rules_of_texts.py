"""Rules about texts: answered from the number that was written to, known by the profile."""

import pytest

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.messaging import IncomingSms
from imiconnect.numbers.ports import answers
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Message
from imiconnect.rtm.processors import rules
from imiconnect.sharing.models import RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.rtm.telecom.conftest import ADDRESS, settle

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_text_is_answered_from_the_number_that_got_it(
    admin: Member, sms_service: Service
) -> None:
    create_customer(
        member=admin, customer_id="crn-1", attributes={"msisdn": f"+{ADDRESS}", "name": "Jane"}
    )
    create_rule(
        service=sms_service,
        draft=Draft(
            name="Savings",
            listens="keyword",
            conditions=[{"field": "keyword", "operator": "one_of", "value": "savings"}],
            action="message",
            text="{{profile.name}}, we call you back",
        ),
    )
    answers.carried("acme", [IncomingSms("m1", ADDRESS, "447400000001", "Savings please")])
    settle()
    rules.process_due()
    run = RuleRun.objects.get()
    assert (run.state, run.reason) == ("done", "")
    sent = Message.objects.get(direction=Message.Direction.MT)
    assert (sent.address, sent.payload["senderid"]) == (ADDRESS, "447400000001")
    assert sent.payload["message"] == "Jane, we call you back"
