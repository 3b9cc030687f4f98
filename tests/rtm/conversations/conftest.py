"""What tests of conversations share: REST calls of devices and of customers' servers."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.rtm import topics
from imiconnect.rtm.models import Device, FanOut, Topic
from imiconnect.rtm.processors import fanout
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.streams import create_stream, use_stream
from imiconnect.sharing.models import Service
from imiconnect.vault import digest
from tests.rtm.conftest import CLIENT_KEY, SERVICE_KEY

Call = Callable[..., Any]
URL = "/resources/v1/messaging"


@pytest.fixture
def strict_app(rtm_app: App) -> App:
    """The app, whose devices must prove themselves by access tokens."""
    rtm_app.policy = rtm_app.policy | {"client_key_as_password": False}
    rtm_app.save()
    return rtm_app


@pytest.fixture
def server(strict_app: App, service: Service) -> Call:
    """Call the RTMS API as the customer's server, by client key and service key."""
    return caller(strict_app, {"secretKey": CLIENT_KEY, "key": SERVICE_KEY})


@pytest.fixture
def as_user(strict_app: App) -> Callable[[str], Call]:
    """Return a function that registers a user's device and returns its calls."""

    def call_of(user_id: str, device_id: str = "d1") -> Call:
        token = f"token-of-{user_id}-{device_id}"
        Device.objects.get_or_create(
            app=strict_app,
            user_id=user_id,
            device_id=device_id,
            defaults={"access_token_digest": digest(token)},
        )
        return caller(strict_app, {"secretKey": CLIENT_KEY, "accessToken": token})

    return call_of


def caller(app: App, headers: dict[str, str]) -> Call:
    """Return a function that calls below ``/rtmsAPI/api/v3/apps/<appId>/``."""

    def send(method: str, path: str, body: Any = None, **query: Any) -> Any:
        url = f"/rtmsAPI/api/v3/apps/{app.app_id}/{path}"
        client = Client(headers=headers)
        if method == "GET":
            return client.get(url, query)
        return client.generic(method, url, json.dumps(body), content_type="application/json")

    return send


@pytest.fixture
def support(service: Service, admin: Any) -> Any:
    """The stream Support, which the service uses."""
    stream = create_stream(member=admin, name="Support")
    use_stream(service=service, stream=stream)
    return stream


@pytest.fixture
def news(rtm_app: App) -> Topic:
    """The topic news with the subscribers a, b, c, d and e."""
    topic = topics.create_topic(app=rtm_app, name="news")
    topics.subscribe(topic=topic, user_ids="abcde")
    return topic


def drained(limit: int = 2) -> int:
    """Work off every fan-out in small batches; return how many batches that took."""
    batches = 0
    while fanout.process_due(limit=limit):
        batches += 1
    return batches


def say(intake: Any, user: str, **parts: Any) -> Any:
    """Send a message of a user's device; ``parts`` are those of its body."""
    body = {"clientId": f"NB12345678/{user}/d", "message": "Hi all"} | parts
    headers = {"secretKey": CLIENT_KEY}
    return intake.post("/rtmsAPI/api/v3/NB12345678/mo", json=body, headers=headers)


@pytest.fixture
def other_news(other_organization: Organization) -> FanOut:
    """An announcement of another organization, which came first, to users a, b, c, d and e."""
    app = App.objects.create(
        organization=other_organization, app_id="NB87654321", name="Shop",
        channel_type="mobile_web",
    )  # fmt: skip
    topic = topics.create_topic(app=app, name="news")
    topics.subscribe(topic=topic, user_ids="abcde")
    now = timezone.now()
    row: FanOut = FanOut.objects.create(
        transid=request_ids(0)[0], organization=other_organization, app=app, kind="topic",
        named="news", plan=["topic", str(topic.pk)], accepted_at=now,
        expires_at=now + dt.timedelta(days=1),
    )  # fmt: skip
    return row
