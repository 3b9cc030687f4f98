"""A customer's contacts on channels of providers: found, exported and erased with them."""

import json

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.customers.erasing import erase_due, request_erasure
from imiconnect.rtm.customers.exporting import export_customer
from imiconnect.rtm.customers.timeline import timeline_of
from imiconnect.rtm.models import Contact, Customer, Message, OnboardingStep
from imiconnect.sharing.models import Service

OPENID = "oOpenId"


@pytest.fixture
def wechat(admin: Member) -> App:
    """A WeChat app of the organization."""
    return services.create_app(
        member=admin,
        name="Northwind on WeChat",
        channel_type="wechat",
        config={"appid": "wx0123456789abcdef"},
        secrets={"appsecret": "s" * 32},
    )


def write(app: App, service: Service, address: str) -> Message:
    """Have a message from an address in the log."""
    key = uuid7()
    return Message.objects.create(
        id=key, transid=key, organization=service.organization, service=service, app=app,
        channel="wechat", direction=1, address=address, address_type="wechatid", state=1,
        payload={"message": "Hello"}, created_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def said(wechat: App, service: Service, grace: Customer) -> dict[str, Message]:
    """What Grace wrote before she was linked, and what somebody else did."""
    Contact.objects.create(app=wechat, address=OPENID, customer=grace)
    Contact.objects.create(app=wechat, address="oOther")
    for address in (OPENID, "oOther"):
        OnboardingStep.objects.create(
            app=wechat, address=address, provider_id=address, stage="ended", reply="-"
        )
    return {
        "hers": write(wechat, service, OPENID),
        "other": write(wechat, service, "oOther"),
    }


def test_a_linked_contact_is_on_the_timeline(
    grace: Customer, said: dict[str, Message], admin: Member
) -> None:
    keys = [entry.key for entry in timeline_of(grace, admin, kind="message").entries]
    assert keys == [said["hers"].pk]


def test_the_export_has_the_contacts_and_their_messages(
    grace: Customer, said: dict[str, Message]
) -> None:
    document = json.loads("".join(export_customer(customer=grace)))
    assert [contact["address"] for contact in document["contacts"]] == [OPENID]
    assert [message["tid"] for message in document["messages"]] == [str(said["hers"].pk)]


def test_erasing_takes_the_contacts_along(grace: Customer, said: dict[str, Message]) -> None:
    request_erasure(customer=grace)
    assert erase_due() == 1
    message = Message.objects.get(pk=said["hers"].pk)
    assert (message.address, message.payload) == ("", {"erased": True})
    assert Message.objects.get(pk=said["other"].pk).address == "oOther"
    for model in (Contact, OnboardingStep):
        assert list(model.objects.values_list("address", flat=True)) == ["oOther"]
