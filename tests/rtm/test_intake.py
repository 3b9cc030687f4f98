"""``POST /resources/v1/messaging`` as a customer's server sees it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from imiconnect.rtm.models import Message, OpenMessage, Thread
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/resources/v1/messaging"
Make = Callable[..., dict[str, Any]]


def code_of(response: httpx.Response) -> str:
    """Return the documented code of an answer."""
    return str(response.json()["response"][0]["code"])


def test_an_accepted_message_is_in_the_log(service: Service, intake: Any, order: Make) -> None:
    response = intake.post(URL, json=order(correlationid="c1", callbackData="x"))
    assert response.status_code == 202
    answer = response.json()["response"][0]
    assert (answer["code"], answer["description"]) == ("1001", "Queued")
    message = Message.objects.get(transid=answer["transid"])
    assert (message.address, message.correlation_id, message.callback_data) == ("u1", "c1", "x")
    assert message.payload == {"message": "Hello"}
    assert OpenMessage.objects.filter(id=message.id, due_at__isnull=False).exists()
    thread = Thread.objects.get(id=message.thread_id)
    assert (thread.is_default, thread.user_id) == (True, "u1")
