"""Two agents, and two conversations of one customer."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member, Organization
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Device, Message, Stream, Thread
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service
from tests.factories import make_member


@dataclass(frozen=True)
class Scene:
    """Ann and Ben, agents; a question about a card and one about an account."""

    ann: Member
    ben: Member
    stream: Stream
    cards: Thread
    account: Thread


@pytest.fixture
def scene(organization: Organization, rtm_app: App, service: Service, device: Device) -> Scene:
    """Make it; nobody has taken anything."""
    stream = Stream.objects.create(organization=organization, name="Support")
    threads = []
    for title in ("Credit card", "Account settings"):
        thread = Thread.objects.create(
            app=rtm_app, service=service, stream=stream, user_id="u1", title=title,
            waits_since=timezone.now(),
        )  # fmt: skip
        key = uuid7()
        Message.objects.create(
            id=key, transid=key, organization=organization, service=service, app=rtm_app,
            thread=thread, channel="rt", direction=1, address="u1", state=State.RECEIVED,
            payload={"message": f"Question about: {title}"}, created_at=thread.created_at,
        )  # fmt: skip
        threads.append(thread)
    return Scene(
        make_member(organization, Role.ASSET_MANAGER, name="Ann"),
        make_member(organization, Role.ASSET_MANAGER, name="Ben"),
        stream,
        *threads,
    )
