"""Threads over REST, as devices and customers' servers use them."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm import models
from imiconnect.rtm.models import Message, Stream, Thread
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.states import State
from tests.rtm.connect.conftest import Device, MakeApp, MakeDevice, new_device

Call = Callable[..., Any]


@pytest.fixture
def jane(make_device: MakeDevice) -> Device:
    """A device that calls."""
    return make_device("jane")


@pytest.fixture
def call(app: App, client_key: str, jane: Device) -> Call:
    """Call the threads API of the app as Jane's device; ``token`` replaces hers."""

    def send(
        method: str, path: str, body: Any = None, token: str = jane.token, **query: Any
    ) -> Any:
        headers = {"secretKey": client_key} | ({"accessToken": token} if token else {})
        url = f"/rtmsAPI/api/v3/apps/{app.app_id}/{path}"
        if method == "GET":
            return Client(headers=headers).get(url, query)
        return Client(headers=headers).generic(
            method, url, json.dumps(body), content_type="application/json"
        )

    return send


def new_message(app: App, thread: Thread, at: dt.datetime, **fields: Any) -> Message:
    """Put a message into the log."""
    values = {"address": "jane", "payload": {"message": "hello"}, "channel": "rt"}
    values |= {"created_at": at} | fields
    message: Message = Message.objects.create(
        id=first_uuid7_at(at),
        transid=first_uuid7_at(at),
        organization=app.organization,
        app=app,
        thread=thread,
        **values,
    )
    return message


def test_a_thread_is_opened_listed_renamed_closed_and_opened_again(call: Call) -> None:
    body = {"type": "Conversation", "title": "Order 1", "userId": "jane", "externalid": "x"}
    made = call("POST", "threads", body).json()
    assert made["code"] == "0"
    thread = made["thread"]
    listed = call("GET", "user/jane/threads").json()
    assert (listed["total"], listed["count"]) == (1, 1)
    assert listed["threads"][0] | {"unread_msg_count": 0} == thread | {"unread_msg_count": 0}
    path = f"user/jane/threads/{thread['id']}"
    closed = call("PUT", path, {"status": "Closed"}).json()["thread"]
    assert (closed["status"], closed["title"]) == ("Closed", "Order 1")
    opened = call("POST", f"{path}/update", {"status": "Active", "title": "New"}).json()
    assert (opened["thread"]["status"], opened["thread"]["title"]) == ("Active", "New")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "3"),
        ([], 400, "4"),
        (None, 400, "3"),
        ({"type": "Chat"}, 400, "4"),
        ({"type": 5}, 400, "4"),
        ({"type": "\ud800"}, 400, "4"),
        ({"type": "Announcement", "title": "x" * 201}, 400, "4"),
        ({"type": "Announcement", "title": ["x"]}, 400, "4"),
        ({"type": "Announcement", "title": "\0"}, 400, "4"),
        ({"type": "Announcement", "extras": "x"}, 400, "4"),
        ({"type": "Announcement", "extras": {"x": "\0"}}, 400, "4"),
        ({"type": "Announcement", "userId": "a/b"}, 400, "4"),
        ({"type": "Conversation", "userId": "nobody"}, 404, "7"),
        ({"type": "Announcement", "userId": "jane"}, 401, "39"),
        ({"type": "Conversation"}, 401, "39"),
        ({"type": "Conversation", "userId": "jane", "stream_name": "nowhere"}, 404, "31"),
    ],
)
def test_a_thread_that_cannot_be_is_refused(
    call: Call, body: Any, status: int, code: str
) -> None:
    answer = call("POST", "threads", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_thread_belongs_to_a_stream_of_the_organization(call: Call, app: App) -> None:
    Stream.objects.create(organization=app.organization, name="Support")
    made = call(
        "POST",
        "threads",
        {"type": "Conversation", "userId": "jane", "stream_name": "Support"},
    ).json()
    assert made["thread"]["stream_name"] == "Support"
    assert [row["name"] for row in call("GET", "streams").json()["streams"]] == ["Support"]


def test_a_user_sees_the_own_threads_and_those_for_anybody(
    call: Call, app: App, make_app: MakeApp, make_device: MakeDevice
) -> None:
    make_device("bob")
    for owner in ("jane", "bob", ""):
        Thread.objects.create(app=app, user_id=owner, title=owner or "all")
    Thread.objects.create(app=make_app(), user_id="jane", title="other app")
    listed = call("GET", "user/jane/threads").json()["threads"]
    assert {thread["title"] for thread in listed} == {"jane", "all"}
    assert call("GET", "threads").json()["code"] == "39"


def test_what_is_anothers_needs_anothers_token(
    call: Call, app: App, make_app: MakeApp, make_device: MakeDevice
) -> None:
    make_device("bob")
    theirs = Thread.objects.create(app=app, user_id="bob")
    foreign = Thread.objects.create(app=make_app(), user_id="jane")
    stranger = new_device(foreign.app, "jane")
    cases = [
        (call("GET", "user/bob/threads"), 401, "38"),
        (call("GET", "user/bob/threads", token=""), 401, "39"),
        (call("GET", "user/jane/threads", token=stranger.token), 401, "38"),
        (call("GET", "user/nobody/threads"), 404, "7"),
        (call("GET", "user/%00/threads"), 404, "7"),
        (call("PUT", f"user/jane/threads/{theirs.pk}", {"title": "x"}), 404, "4"),
        (call("GET", f"user/jane/threads/{foreign.pk}/messages"), 404, "4"),
        (call("GET", "user/jane/threads/x/messages"), 404, "4"),
        (call("PUT", f"user/bob/threads/{theirs.pk}", {"title": "x"}), 401, "38"),
        (call("POST", "threads", {"type": "Conversation", "userId": "bob"}), 401, "38"),
    ]
    for answer, status, code in cases:
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0}, {"limit": 101}, {"limit": "x"}, {"start": -1}, {"start": "1e9"},
        {"start": 10**30}, {"fetchunreadcount": "maybe"},
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_is_refused(call: Call, query: dict[str, Any]) -> None:
    answer = call("GET", "user/jane/threads", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "4")


def test_threads_come_in_pages_latest_change_first(call: Call, app: App) -> None:
    now = timezone.now()
    for age in range(5):
        at = now - dt.timedelta(hours=age)
        Thread.objects.create(app=app, user_id="jane", title=str(age), updated_at=at)
    page = call("GET", "user/jane/threads", start=1, limit=2).json()
    assert [thread["title"] for thread in page["threads"]] == ["1", "2"]
    assert (page["total"], page["count"]) == (5, 2)


def test_messages_of_a_thread_come_in_pages_newest_first(call: Call, app: App) -> None:
    thread = Thread.objects.create(app=app, user_id="jane")
    now = timezone.now()
    ages = [now - dt.timedelta(minutes=minutes) for minutes in range(5)]
    for at in ages:
        new_message(app, thread, at, state=State.DELIVERED, payload={"message": iso(at)})
    new_message(app, thread, now + dt.timedelta(seconds=1), address="bob")
    path = f"user/jane/threads/{thread.pk}/messages"
    first = call("GET", path, limit=2).json()
    assert [row["message"] for row in first["messages"]] == [iso(ages[0]), iso(ages[1])]
    assert (first["total"], first["count"]) == (5, 2)
    assert first["messages"][0]["thread"]["id"] == str(thread.pk)
    assert first["messages"][0]["outgoing"] is False
    later = call("GET", path, **{"from": iso(ages[2]), "limit": 100}).json()
    assert [row["message"] for row in later["messages"]] == [iso(ages[3]), iso(ages[4])]


def test_no_message_is_missed_between_pages(call: Call, app: App) -> None:
    """Some are of one time, as an outbox that is sent at once; an id may be younger."""
    thread = Thread.objects.create(app=app, user_id="jane")
    now = timezone.now()
    for number in range(7):
        said = now + dt.timedelta(milliseconds=number // 3)
        new_message(app, thread, now + dt.timedelta(milliseconds=5 * number), created_at=said)
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        listed = call("GET", f"user/jane/threads/{thread.pk}/messages", **query).json()
        new = [row for row in listed["messages"] if row["tid"] not in found]
        if not new:
            break
        found += [row["tid"] for row in new]
        query["from"] = new[-1]["created_on"]
    rows = Message.objects.order_by("-id").values_list("pk", flat=True)
    assert found == [str(pk) for pk in rows]


def test_what_has_failed_is_shown_to_nobody(call: Call, app: App) -> None:
    thread = Thread.objects.create(app=app, user_id="jane")
    now = timezone.now()
    new_message(app, thread, now, state=State.FAILED, code=7301)
    kept = new_message(app, thread, now - dt.timedelta(1), state=State.EXPIRED)
    listed = call("GET", f"user/jane/threads/{thread.pk}/messages").json()
    assert [row["tid"] for row in listed["messages"]] == [str(kept.pk)]
    assert listed["total"] == 1


@pytest.mark.parametrize("moment", ["x", "0001-01-01T00:00:00+14:00", "99999"])
def test_a_time_that_is_none_is_refused(call: Call, app: App, moment: str) -> None:
    thread = Thread.objects.create(app=app, user_id="jane")
    answer = call("GET", f"user/jane/threads/{thread.pk}/messages", **{"from": moment})
    assert answer.status_code == 400


def test_a_time_before_all_messages_finds_none(call: Call, app: App) -> None:
    thread = Thread.objects.create(app=app, user_id="jane")
    new_message(app, thread, timezone.now())
    answer = call(
        "GET", f"user/jane/threads/{thread.pk}/messages", **{"from": "0001-01-01T00:00Z"}
    )
    assert answer.json()["count"] == 0


def test_unread_messages_are_counted(call: Call, app: App) -> None:
    thread = Thread.objects.create(app=app, user_id="jane")
    now = timezone.now()
    new_message(app, thread, now, state=State.DELIVERED)
    new_message(app, thread, now - dt.timedelta(1), state=State.READ, read_at=now)
    new_message(app, thread, now - dt.timedelta(2), direction=Message.Direction.MO, state=6)
    listed = call("GET", "user/jane/threads", fetchunreadcount="true").json()["threads"]
    assert listed[0]["unread_msg_count"] == 1
    Message.objects.update(payload={"message": "hello", "deleted": True})
    listed = call("GET", "user/jane/threads", fetchunreadcount="true").json()["threads"]
    assert listed[0]["unread_msg_count"] == 0, "what the user has deleted is not unread"


def test_a_deleted_message_leaves_the_lists_and_stays_in_the_log(
    call: Call, app: App, client_key: str, jane: Device, make_device: MakeDevice
) -> None:
    thread = Thread.objects.create(app=app, user_id="jane")
    message = new_message(app, thread, timezone.now())
    url = f"/rtmsAPI/api/v3/{app.app_id}/message"

    def delete(device: Device) -> Any:
        headers = {"secretKey": client_key, "accessToken": device.token}
        body = {"tid": str(message.pk), "clientId": device.client_id}
        return Client(headers=headers).post(url, body, content_type="application/json")

    assert delete(make_device("bob")).status_code == 404
    assert delete(jane).json()["code"] == "0"
    path = f"user/jane/threads/{thread.pk}/messages"
    assert call("GET", path).json()["messages"] == []
    assert Message.objects.filter(pk=message.pk).exists()


def test_messages_of_a_thread_are_deleted_by_their_ids(
    call: Call, app: App, make_device: MakeDevice
) -> None:
    thread, other = (Thread.objects.create(app=app, user_id="jane") for _ in range(2))
    first, second, elsewhere = (
        new_message(app, place, timezone.now() - dt.timedelta(number))
        for number, place in enumerate((thread, thread, other))
    )
    path = f"user/jane/threads/{thread.pk}/messages"
    body = {"tids": [str(first.pk), str(elsewhere.pk)]}
    bob = make_device("bob")
    assert call("DELETE", path, body, token=bob.token).json()["code"] == "38"
    assert call("DELETE", path, {"tids": []}).json()["code"] == "3"
    assert call("DELETE", path, {"tids": [str(first.pk)] * 101}).json()["code"] == "4"
    assert call("DELETE", path, body).json()["count"] == 1
    (left,) = call("GET", path).json()["messages"]
    assert (left["tid"], left["appid"]) == (str(second.pk), app.app_id)
    kept = Message.objects.get(pk=elsewhere.pk)
    assert "deleted" not in kept.payload
    assert Message.objects.count() == 3, "the log keeps what was sent"


def test_an_access_token_that_is_over_is_told_from_a_wrong_one(call: Call, app: App) -> None:
    models.Device.objects.update(token_expires_at=timezone.now())
    answer = call("GET", "user/jane/threads")
    assert (answer.status_code, answer.json()["code"]) == (401, "40")
    assert call("GET", "user/jane/threads", token="wrong").json()["code"] == "38"


def test_nobody_types_in_an_announcement(
    call: Call, app: App, client_key: str, jane: Device
) -> None:
    thread = Thread.objects.create(app=app, user_id="jane", type="Announcement")
    body = {"clientId": jane.client_id, "thread": {"id": str(thread.pk)}, "state": "start"}
    headers = {"secretKey": client_key, "accessToken": jane.token}
    url = f"/rtmsAPI/api/v3/{app.app_id}/typing"
    answer = Client(headers=headers).post(url, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "62")
