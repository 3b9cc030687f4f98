"""One object of each kind, for tests that walk every address of the URLconf."""

from typing import Any

from django.utils import timezone

from imiconnect.accounts import services as people
from imiconnect.accounts.models import Member, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps import services as apps
from imiconnect.apps.authorizations import LIVES
from imiconnect.apps.models import App, Authorization
from imiconnect.audit.services import record
from imiconnect.identity import uuid7
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Number, OfflineRequest
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import (
    Callback,
    Contact,
    Device,
    MediaFile,
    Message,
    ProfileBatch,
    Recording,
    Thread,
)
from imiconnect.rtm.segments import create_segment
from imiconnect.rtm.streams import create_stream
from imiconnect.rtm.telecom.optouts import opt_out, save_word
from imiconnect.rtm.topics import create_topic
from imiconnect.rtm.wordings.services import create_template
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.services import Draft, create_rule
from imiconnect.tokens.services import make_token


def make_objects(admin: Member, team: Team, team_member: Member) -> dict[str, Any]:
    """Return the keys that ``tests/routes.py`` names, of the team where one can own it."""
    app, service = (
        make_app(team_member, "Northwind App"),
        make_service(team_member, "Northwind Service"),
    )
    allocation = sharing.allocate(service=service, app=app)
    rule = create_rule(
        service=service,
        draft=Draft(name="Northwind Rule", listens="message", action="message", text="Hello"),
    )
    offer = people.invite(email="open@northwind.example", level=team, role=Role.VIEWER)
    customer = create_customer(member=admin, customer_id="nw-1", attributes={"x": "y"})
    stream = create_stream(member=admin, name="Northwind Stream")
    device = Device.objects.create(app=app, user_id="u1", device_id="d1", customer=customer)
    thread = Thread.objects.create(app=app, service=service, stream=stream, user_id="u1")
    topic = create_topic(app=app, name="northwind-topic")
    media = MediaFile.objects.create(
        app=app, user_id="u1", content_type="image/png", size=1, path="none"
    )
    segment = create_segment(app=app, name="northwind-segment", criteria="northwind-topic")
    message = Message.objects.create(
        transid=uuid7(), organization=admin.organization, service=service, app=app,
        thread=thread, channel="rt", address="u1", created_at=timezone.now(),
    )  # fmt: skip
    authorization = Authorization.objects.create(
        channel_type=app.channel_type, member=team_member, state_digest="northwind",
        expires_at=timezone.now() + LIVES,
    )  # fmt: skip
    callback = Callback.objects.create(
        organization=admin.organization, service=service, message_id=message.pk, kind="dr",
        event="delivered", url="https://northwind.example/", body="{}", state="failed",
    )  # fmt: skip
    batch = ProfileBatch.objects.create(organization=admin.organization)
    number = Number.objects.create(
        organization=admin.organization, kind=Kind.SENDER_ID, value="NWBANK",
        folded="nwbank", state=State.ACTIVE,
    )  # fmt: skip
    mapping = sharing.allocate_number(service=service, number=number, channel="sms")
    left = opt_out(member=admin, address="+447400123456")
    spoken = Recording.objects.create(
        organization=admin.organization, number=number, message_id=message.pk, account="own",
        call_id="c", address="447400123456", line="447400000001", state="lost",
    )  # fmt: skip
    own_word = save_word(member=admin, word="GENUG", meaning="opt_out")
    wish = OfflineRequest.objects.create(
        organization=admin.organization, country_name="Northwind", quantity=1
    )
    word = number.reserved_keywords.create(word="NW", folded="nw", url="https://nw.example/")
    token, _secret = make_token(member=admin, name="Northwind", scopes=["numbers:read"])
    entry = record("northwind.secret", team, organization_id=admin.organization_id)
    return {
        "app": app.pk,
        "app_id": app.app_id,
        "service": service.pk,
        "allocation": allocation.pk,
        "rule": rule.pk,
        "mapping": mapping.pk,
        "opt_out": left.pk,
        "opt_word": own_word.pk,
        "recording": spoken.pk,
        "person": team_member.pk,
        "invitation": offer.invitation.pk,
        "group": team.group_id,
        "team": team.pk,
        "customer": customer.pk,
        "stream": stream.pk,
        "device": device.pk,
        "contact": Contact.objects.create(app=app, address="northwind-contact").pk,
        "thread": thread.pk,
        "template": create_template(
            member=admin,
            channel="sms",
            name="Northwind",
            content={"text": "Northwind"},
            service=service,
        ).pk,
        "topic": topic.pk,
        "media": media.pk,
        "segment": segment.pk,
        "authorization": authorization.pk,
        "message": message.pk,
        "callback": callback.pk,
        "profile_batch": batch.pk,
        "number": number.pk,
        "offline_request": wish.pk,
        "reserved_keyword": word.pk,
        "api_token": token.pk,
        "audit_entry": entry.pk,
    }


def make_app(member: Member, name: str) -> App:
    """Make a web app."""
    config = {"platform": "web", "systems": ["chrome"]}
    return apps.create_app(member=member, name=name, channel_type="mobile_web", config=config)


def make_service(member: Member, name: str) -> Service:
    """Make a service."""
    return sharing.create_service(member=member, name=name)
