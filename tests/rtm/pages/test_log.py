"""The live log of messages."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from imiconnect.accounts.models import Group, Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import first_uuid7_at, uuid7
from imiconnect.rtm.models import Message, Thread
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.search import Search, narrowed
from imiconnect.sharing.models import Service


def rows(response: Any) -> list[str]:
    return [str(row.object.pk) for row in response.context["rows"]]


def test_every_role_reads_the_log(
    cast: dict[Role, Member], client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    message = make_message(service, app)
    for member in cast.values():
        response = client_of(member).get("/messages/")
        assert rows(response) == [str(message.pk)]


def test_another_organization_sees_nothing(
    outsider: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    make_message(service, app)
    assert rows(client_of(outsider).get("/messages/")) == []


def test_a_group_sees_the_messages_of_its_services_only(
    group: Group, group_member: Member, client_of: Any, service: Service, app: App,
    make_message: Any,
) -> None:  # fmt: skip
    from imiconnect.sharing import services as sharing

    make_message(service, app)
    own = sharing.create_service(member=group_member, name="Retail news")
    message = make_message(own, app)
    assert rows(client_of(group_member).get("/messages/")) == [str(message.pk)]


def test_newest_come_first_and_each_leads_to_its_journey(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    older, newer = make_message(service, app), make_message(service, app)
    response = client_of(viewer).get("/messages/")
    assert rows(response) == [str(newer.pk), str(older.pk)]
    assert f'href="/messages/{newer.pk}/"' in response.content.decode()


@pytest.mark.parametrize("state", list(State))
def test_a_state_is_found(
    state: State, viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    made = {each: make_message(service, app, state=each) for each in State}
    response = client_of(viewer).get(f"/messages/?state={int(state)}")
    assert rows(response) == [str(made[state].pk)]


@pytest.mark.parametrize(
    ("field", "words"),
    [("correlation_id", "order-17"), ("address", "bob"), ("address", "müller")],
)
def test_words_find_a_message(
    field: str, words: str, viewer: Member, client_of: Any, service: Service, app: App,
    make_message: Any,
) -> None:  # fmt: skip
    make_message(service, app)
    found = make_message(service, app, **{field: words})
    response = client_of(viewer).get("/messages/", {"q": f" {words} "})
    assert rows(response) == [str(found.pk)]


def test_a_transid_finds_all_messages_of_its_request(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    transid, ids = request_ids(3)
    for key in ids:
        make_message(service, app, id=key, transid=transid)
    make_message(service, app)
    response = client_of(viewer).get(f"/messages/?q={transid}")
    assert rows(response) == [str(key) for key in reversed(ids)]


def test_time_is_found_by_ids(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    now = timezone.now()
    old = now - dt.timedelta(hours=3)
    before = make_message(service, app, id=first_uuid7_at(old), created_at=old)
    after = make_message(service, app, id=uuid7())
    client = client_of(viewer)
    bound = f"{now - dt.timedelta(hours=2):%Y-%m-%dT%H:%M}"
    assert rows(client.get(f"/messages/?since={bound}")) == [str(after.pk)]
    assert rows(client.get(f"/messages/?until={bound}")) == [str(before.pk)]
    assert rows(client.get("/messages/?span=1h")) == [str(after.pk)]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    client = client_of(viewer)
    client.get("/messages/")
    for _ in range(60):
        make_message(service, app)
    with django_assert_max_num_queries(5):
        response = client.get("/messages/")
    assert len(rows(response)) == 50
    assert response.context["page"].older


def test_the_file_has_the_filtered_rows_and_is_safe_in_a_spreadsheet(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    make_message(service, app, state=State.READ)
    make_message(service, app, state=State.FAILED, payload={"message": "=1+1"})
    response = client_of(viewer).get("/messages/?format=csv&state=4")
    assert response.streaming
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    assert len(table) == 2
    assert "'=1+1" in table[1]


def test_a_filter_that_cannot_be_read_narrows_nothing(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    message = make_message(service, app)
    response = client_of(viewer).get("/messages/?state=99&service=x&since=yesterday")
    assert response.status_code == 200
    assert rows(response) == [str(message.pk)]


def test_text_of_customers_is_escaped(
    viewer: Member, client_of: Any, service: Service, app: App, make_message: Any
) -> None:
    make_message(service, app, payload={"message": "<script>alert(1)</script>"})
    assert "<script>alert" not in client_of(viewer).get("/messages/").content.decode()


def test_an_address_is_found_without_a_thread_and_in_one_for_every_user(
    service: Service, app: App, make_message: Any, viewer: Member, client_of: Any
) -> None:
    own, shared, lone, _other = (make_message(service, app, address=a) for a in "aaab")
    everybody = Thread.objects.create(app=app, user_id="", title="News")
    Message.objects.filter(pk=shared.pk).update(thread=everybody)
    Message.objects.filter(pk=lone.pk).update(thread=None)
    found = rows(client_of(viewer).get("/messages/?q=a"))
    assert found == [str(lone.pk), str(shared.pk), str(own.pk)]


@pytest.mark.parametrize(
    ("search", "index"),
    [
        (Search(words="nobody"), "organization_id_address_id_idx"),
        (Search(channel="twitter"), "organization_id_channel_id_idx"),
    ],
)
def test_what_is_rare_is_found_by_an_index(
    service: Service, app: App, make_message: Any, viewer: Member, search: Search, index: str
) -> None:
    make_message(service, app)
    with connection.cursor() as cursor:
        # The tables are nearly empty here; what counts is that the index can answer.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        found = narrowed(Message.objects.visible_to(viewer), search)
        assert index in found.order_by("-id")[:51].explain()
