"""A service with an app, and messages in its log."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Message, OpenMessage, Thread
from imiconnect.rtm.protocol.states import OPEN, State
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service

MakeMessage = Callable[..., Message]


def make_app(member: Member, name: str = "Northwind Web") -> App:
    return apps.create_app(
        member=member,
        name=name,
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
    )


def make_service(member: Member, app: App, name: str = "Updates") -> Service:
    service = sharing.create_service(member=member, name=name)
    sharing.allocate(service=service, app=app)
    return sharing.set_state(service=service, state=Service.State.LIVE)


@pytest.fixture
def app(admin: Member) -> App:
    """A Mobile/Web app of Northwind."""
    return make_app(admin)


@pytest.fixture
def service(admin: Member, app: App) -> Service:
    """A live service of Northwind that uses the app."""
    return make_service(admin, app)


@pytest.fixture
def make_message() -> MakeMessage:
    """Return a function that logs a message as the gateway does."""
    return log_message


def log_message(service: Service, app: App, **fields: Any) -> Message:
    """Log a message, with its thread, and its working copy while it is open."""
    now = fields.pop("created_at", timezone.now())
    state = State(fields.pop("state", State.QUEUED))
    address = fields.setdefault("address", "alice")
    thread, _ = Thread.objects.get_or_create(app=app, user_id=address, is_default=True)
    key = fields.pop("id", None) or uuid7()
    message: Message = Message.objects.create(
        id=key,
        transid=fields.pop("transid", key),
        organization=service.organization,
        service=service,
        app=app,
        thread=thread,
        channel=fields.pop("channel", "rt"),
        state=state,
        is_failed=state in (State.FAILED, State.EXPIRED),
        payload=fields.pop("payload", {"message": "Your parcel is on its way"}),
        created_at=now,
        **fields,
    )
    if state in OPEN:
        OpenMessage.objects.create(
            id=key,
            app_id=app.pk,
            address=address,
            due_at=now if state == State.QUEUED else None,
            expires_at=now + dt.timedelta(days=1),
        )
    return message
