"""The demonstration: two organizations, an app, numbers, a live service, customers, people."""

from typing import Any

from django.conf import settings

from imiconnect.accounts.demo import SignIn, make_people
from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.apps.policy import ANY_ORIGIN, Policy
from imiconnect.numbers.demo import DemoNumbers, make_numbers
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Channel
from imiconnect.rtm.streams import create_stream, use_stream
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service

_CUSTOMERS = {
    "1001": {
        "firstName": "Grace",
        "lastName": "Hopper",
        "email": "grace@customer.example",
        "msisdn": "+447700900101",
    },
    "1002": {"firstName": "Alan", "lastName": "Turing", "email": "alan@customer.example"},
    "1003": {"firstName": "Mary", "lastName": "Jackson", "email": "mary@customer.example"},
}


def make_demo() -> dict[str, Any]:
    """Make everything and return what ``DATA_DIR/demo.json`` tells; run it in a transaction."""
    people = make_people()
    app = _app(people.admin)
    service = _service(people.admin, app)
    _map_numbers(service, make_numbers(people.admin))
    use_stream(service=service, stream=create_stream(member=people.admin, name="Support"))
    for customer_id, attributes in _CUSTOMERS.items():
        create_customer(member=people.admin, customer_id=customer_id, attributes=attributes)
    return {
        "url": settings.PUBLIC_URL,
        "accounts": [_told(account) for account in people.accounts],
        "service_key": sharing.current_key(service).secret,
        "profile_key": people.northwind.profile_key,
        "app_id": app.app_id,
        "client_key": apps.current_client_key(app).secret,
        "support": _told(people.support),
    }


def _app(member: Member) -> App:
    # Existing IMIconnect clients connect with the client key; a page of any site may be a
    # device, and so may a guest, so that the first steps need no settings.
    policy = Policy(
        retry_count=3,
        retry_interval_seconds=30,
        allowed_origins=(ANY_ORIGIN,),
        client_key_as_password=True,
        server_inbox=True,
        profile_required=False,
    )
    return apps.create_app(
        member=member,
        name="Northwind Web",
        channel_type=registry.serving(Channel.RT).slug,
        config={"platform": "web", "systems": ["chrome", "firefox", "safari", "edge"]},
        policy=policy,
    )


def _service(member: Member, app: App) -> Service:
    service = sharing.create_service(
        member=member, name="Customer updates", description="News about accounts and cards."
    )
    sharing.allocate(service=service, app=app)
    return sharing.set_state(service=service, state=Service.State.LIVE)


def _map_numbers(service: Service, made: DemoNumbers) -> None:
    for number in (made.sender, made.phone, made.code, made.keyword):
        sharing.allocate_number(service=service, number=number, channel="sms")
    sharing.allocate_number(service=service, number=made.phone, channel="voice")


def _told(account: SignIn) -> dict[str, str]:
    return {
        "email": account.email,
        "password": account.password,
        "role": account.role,
        "organization": account.organization,
    }
