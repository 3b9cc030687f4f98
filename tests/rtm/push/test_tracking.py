"""What devices and browsers say of a push that they have shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from imiconnect.apps.models import App
from imiconnect.rtm.models import Callback, Message
from imiconnect.rtm.processors import dr
from tests.rtm.push.conftest import BUNDLE, Served
from tests.rtm.push.test_medium import phone, push

__all__ = ["push"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_device_says_that_a_push_was_clicked(
    pushed: App, apns: Served, push: Callable[..., Message], client: Any
) -> None:
    phone(pushed, "ios", apns.new_device(BUNDLE))
    message = push()
    url = f"/rtmsAPI/api/v3/{pushed.app_id}/trackDeliveryRequest"
    body = json.dumps({"tid": str(message.pk), "status": 4})
    assert client.post(url, body, content_type="text/plain").json()["code"] == "0"
    unknown = json.dumps({"tid": str(Message.objects.get().service_id), "status": 4})
    assert client.post(url, unknown, content_type="text/plain").json()["code"] == "4"
    dr.process_due()
    assert Callback.objects.filter(message_id=message.pk, event="clicked").count() == 1


def test_the_worker_of_an_existing_site_says_that_a_push_was_shown(
    pushed: App, apns: Served, push: Callable[..., Message], client: Any
) -> None:
    phone(pushed, "ios", apns.new_device(BUNDLE))
    message = push()
    url = f"/rtmsAPI/api/v3/{pushed.app_id}/trackDeliveryRequest"
    asked = {"tid": str(message.pk), "appId": pushed.app_id}
    for _time in range(2):
        assert client.get(url, asked).json()["code"] == "0"
    assert client.get(url, asked | {"tid": "x"}).json()["code"] == "4"
    assert client.get(url, {}).json()["code"] == "3"
    dr.process_due()
    assert Callback.objects.filter(message_id=message.pk, event="delivered").count() == 1
