"""``POST /resources/v1/messaging`` as a customer's server sees it."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.utils import timezone

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.rtm.models import (
    Customer,
    Device,
    Message,
    MessageBatch,
    OpenMessage,
    Stream,
    Thread,
)
from imiconnect.rtm.streams import use_stream
from imiconnect.sharing.models import Service, ServiceKey

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
    assert answer["correlationid"] == "c1"
    message = Message.objects.get(transid=answer["transid"])
    assert (message.address, message.correlation_id, message.callback_data) == ("u1", "c1", "x")
    assert message.payload == {"message": "Hello"}
    assert OpenMessage.objects.filter(id=message.id, due_at__isnull=True).exists()
    assert MessageBatch.objects.get().messages == [message.id]
    thread = Thread.objects.get(id=message.thread_id)
    assert (thread.is_default, thread.user_id) == (True, "u1")


DEEP = {"message": "Hi", "extras": {"x": json.loads("[" * 40 + "]" * 40)}}
REFUSED: dict[str, tuple[Any, str, int, str]] = {
    "malformed JSON": (b"{", "7000", 400, "JSON"),
    "invalid UTF-8": (b'{"appid": "\xff"}', "7000", 400, "UTF-8"),
    "a lone surrogate": (b'{"appid": "\\ud800"}', "7000", 400, "JSON"),
    "nesting without end": (b'{"channels": {"rt": ' + b"[" * 99_999, "7000", 400, "deep"),
    "an empty body": (b"", "7000", 400, "JSON"),
    "a list": (b"[]", "7004", 400, "documented"),
    "a number as appid": ({"appid": 5}, "7004", 400, "appid"),
    "no channel": ({"deliverychannel": None}, "7003", 400, "deliverychannel"),
    "no app": ({"appid": None}, "7003", 400, "appid"),
    "no destination": ({"destination": None}, "7003", 400, "destination"),
    "no destinations": ({"destination": []}, "7003", 400, "destination"),
    "no user": ({"destination": [{"userid": []}]}, "7003", 400, "destination[0].userid"),
    "no content": ({"channels": {}}, "7003", 400, "channels"),
    "no text": ({"channels": {"rt": {}}}, "7003", 400, "channels.rt.message.text"),
    "another channel": ({"deliverychannel": "fax"}, "7004", 400, "deliverychannel"),
    "a topic": ({"destination": [{"topic": ["t"]}]}, "7004", 400, "topic"),
    "a deep topic": ({"destination": [{"topic": ["a" + "'" * 600]}]}, "7004", 400, "deeply"),
    "a segment": ({"destination": [{"segment": ["t"]}]}, "7004", 400, "segment"),
    "two kinds": ({"destination": [{"userid": ["a"], "deviceid": ["b"]}]}, "7004", 400, "one"),
    "a wildcard": ({"destination": [{"userid": ["a/#"]}]}, "7004", 400, "characters"),
    "users as text": ({"destination": [{"userid": "u1"}]}, "7004", 400, "list"),
    "deep extras": ({"channels": {"rt": DEEP}}, "7004", 400, "deeply"),
    "a past expiry": ({"expiry": "2020-01-01T00:00:00Z"}, "7004", 400, "past"),
    "an expiry without zone": ({"expiry": "2100-01-01T00:00:00"}, "7004", 400, "zone"),
    "a far expiry": ({"expiry": "2100-01-01T00:00:00Z"}, "7004", 400, "28 days"),
    "a priority of 9": ({"priority": 9}, "7004", 400, "priority"),
    "a long correlation id": ({"correlationid": "ä" * 26}, "7004", 400, "50 bytes"),
    "a bad notifyurl": ({"notifyurl": "nowhere"}, "7004", 400, "notifyurl"),
    "an unreadable name": ({"notifyurl": "https://xn--/cb"}, "7004", 400, "notifyurl"),
    "a thread of nobody": ({"thread": "5"}, "7004", 400, "thread"),
    "a NUL": ({"channels": {"rt": {"message": {"text": "a\0b"}}}}, "7004", 400, "U+0000"),
    "too many": ({"destination": [{"userid": ["u"] * 1001}]}, "7009", 400, "1,000"),
    "an unknown app": ({"appid": "ZZ00000000"}, "7018", 403, "appid"),
    "no AppId at all": ({"appid": "'; DROP TABLE"}, "7018", 403, "appid"),
    "a megabyte": (b" " * 1024 * 1024, "7004", 413, "512 KiB"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_request_gets_its_code_and_a_sentence(
    service: Service, intake: Any, order: Make, case: str
) -> None:
    body, code, status, words = REFUSED[case]
    raw = body if isinstance(body, bytes) else json.dumps(order(**body)).encode()
    response = intake.post(URL, content=raw, headers={"content-type": "application/json"})
    assert (code_of(response), response.status_code) == (code, status)
    assert words in response.json()["response"][0]["description"]
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("key", "code"), [("", "7002"), ("wrong", "7001"), ("w\xf6rong", "7001")]
)
def test_a_key_that_is_missing_or_wrong_is_refused(
    service: Service, intake: Any, order: Make, key: str, code: str
) -> None:
    response = intake.post(URL, json=order(), headers={"key": key.encode("latin-1")})
    assert (code_of(response), response.status_code) == (code, 401)


def test_a_replaced_key_works_until_its_time(
    service: Service, intake: Any, order: Make
) -> None:
    ServiceKey.objects.update(expires_at=timezone.now() + dt.timedelta(hours=1))
    assert intake.post(URL, json=order()).status_code == 202
    ServiceKey.objects.update(expires_at=timezone.now())
    assert code_of(intake.post(URL, json=order())) == "7001"


@pytest.mark.parametrize("state", ["draft", "suspended"])
def test_a_service_that_is_not_live_stops_sending_at_once(
    service: Service, intake: Any, order: Make, state: str
) -> None:
    assert intake.post(URL, json=order()).status_code == 202
    Service.objects.update(state=state)
    response = intake.post(URL, json=order())
    assert (code_of(response), response.status_code) == ("7007", 403)


def test_an_app_of_another_organization_is_like_an_unknown_one(
    service: Service, intake: Any, order: Make, other_organization: Organization
) -> None:
    App.objects.create(
        organization=other_organization,
        app_id="HT12345678",
        name="x",
        channel_type="mobile_web",
    )
    foreign = intake.post(URL, json=order(appid="HT12345678"))
    unknown = intake.post(URL, json=order(appid="ZZ12345678"))
    assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())


def test_an_app_that_is_off_takes_nothing(service: Service, intake: Any, order: Make) -> None:
    App.objects.update(state="off")
    assert code_of(intake.post(URL, json=order())) == "7018"


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405), ("DELETE", 405)])
def test_another_method_is_refused(
    service: Service, intake: Any, method: str, status: int
) -> None:
    assert intake.request(method, URL).status_code == status


def test_a_form_is_refused(service: Service, intake: Any) -> None:
    response = intake.post(URL, data={"appid": "x"})
    assert (code_of(response), response.status_code) == ("7000", 415)


def test_each_destination_keeps_its_own_correlation_id(
    service: Service, intake: Any, order: Make
) -> None:
    destinations = [{"userid": ["u1", "u2"], "correlationid": "own"}, {"userid": ["u3"]}]
    response = intake.post(URL, json=order(destination=destinations, correlationid="outer"))
    entries = response.json()["response"]
    assert [entry["correlationid"] for entry in entries] == ["own", "outer"]
    assert len({entry["transid"] for entry in entries}) == 1
    rows = Message.objects.order_by("id").values_list("address", "correlation_id")
    assert list(rows) == [("u1", "own"), ("u2", "own"), ("u3", "outer")]


def test_a_thousand_destinations_are_accepted(
    service: Service, intake: Any, order: Make
) -> None:
    users = [f"user{number}" for number in range(1000)]
    assert intake.post(URL, json=order(destination=[{"userid": users}])).status_code == 202
    assert list(Message.objects.order_by("id").values_list("address", flat=True)) == users
    assert Thread.objects.count() == 1000


def test_a_customer_gets_it_as_each_of_their_users(
    service: Service, intake: Any, order: Make, rtm_app: App
) -> None:
    customer = Customer.objects.create(organization=rtm_app.organization, customer_id="c9")
    for user in ("u1", "u2"):
        Device.objects.create(app=rtm_app, user_id=user, device_id="d", customer=customer)
    assert intake.post(URL, json=order(destination=[{"customerid": ["c9"]}])).status_code == 202
    rows = Message.objects.order_by("address").values_list("address", "address_type")
    assert list(rows) == [("u1", "customerid"), ("u2", "customerid")]
    assert Message.objects.filter(payload__to="c9").count() == 2


def test_a_message_may_name_a_thread_of_its_user(
    service: Service, intake: Any, order: Make, rtm_app: App
) -> None:
    own = Thread.objects.create(app=rtm_app, user_id="u1")
    other = Thread.objects.create(app=rtm_app, user_id="u2")
    assert intake.post(URL, json=order(thread=str(own.pk))).status_code == 202
    assert Message.objects.get().thread_id == own.pk
    assert code_of(intake.post(URL, json=order(thread=str(other.pk)))) == "7004"


def test_messages_go_to_the_stream_of_their_service(
    service: Service, intake: Any, order: Make, rtm_app: App
) -> None:
    stream = Stream.objects.create(organization=rtm_app.organization, name="Support")
    intake.post(URL, json=order())
    assert code_of(intake.post(URL, json=order(stream="Support"))) == "7004"
    use_stream(service=service, stream=stream)
    assert intake.post(URL, json=order(stream="Support")).status_code == 202
    assert intake.post(URL, json=order()).status_code == 202
    assert code_of(intake.post(URL, json=order(stream="Other"))) == "7004"
    assert list(Message.objects.order_by("id").values_list("thread__stream", flat=True)) == [
        None, stream.pk, stream.pk,
    ]  # fmt: skip


def test_requests_at_the_same_time_share_one_default_thread(
    service: Service, intake: Any, order: Make
) -> None:
    requests = [{"method": "POST", "url": URL, "json": order()} for _ in range(30)]
    assert {r.status_code for r in intake.at_once(requests)} == {202}
    assert (Message.objects.count(), Thread.objects.count()) == (30, 1)


def test_the_status_tells_each_message_of_a_request(
    service: Service, intake: Any, order: Make
) -> None:
    sent = intake.post(URL, json=order(destination=[{"userid": ["u1", "u2"]}]))
    transid = sent.json()["response"][0]["transid"]
    answer = intake.get(f"{URL}/status/{transid}").json()
    assert [(item["to"], item["status"]) for item in answer] == [
        ("u1", "queued"),
        ("u2", "queued"),
    ]
    assert (answer[0]["transactionid"], answer[0]["channel"]) == (transid, "rt")


def test_the_status_of_another_service_is_not_found(
    service: Service, intake: Any, order: Make
) -> None:
    sent = intake.post(URL, json=order())
    Message.objects.update(service_id="00000000-0000-0000-0000-000000000000")
    transid = sent.json()["response"][0]["transid"]
    assert intake.get(f"{URL}/status/{transid}").status_code == 404
    assert intake.get(f"{URL}/status/5").status_code == 400
