"""Pages, exports and REST agree with a plain rule on who sees which conversation.

The rule is written here a second time, over the drawn world, without the product's code.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.accounts.models import Member, Organization
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.desk import services
from imiconnect.rtm.models import Callback, Customer, Device, Message, Stream, Thread
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service
from tests.factories import client_of, make_member

PEOPLE = (Role.ADMIN, Role.DEVELOPER, Role.ASSET_MANAGER, Role.ASSET_MANAGER, Role.VIEWER)
AGENTS = range(4)  # all but the Viewer


@dataclass(frozen=True)
class Talk:
    """A conversation: whose it is, who is let in, and whether its stream is shared."""

    agent: int | None
    guests: frozenset[int]
    shared: bool | None  # None: without a stream


TALKS = st.lists(
    st.builds(
        Talk,
        st.none() | st.sampled_from(AGENTS),
        st.frozensets(st.sampled_from(AGENTS), max_size=2),
        st.none() | st.booleans(),
    ),
    min_size=4,
    max_size=6,
)


def may_see(talk: Talk, person: int) -> bool:
    """The plain rule."""
    nobodys = talk.agent is None
    theirs = talk.agent == person or person in talk.guests
    return PEOPLE[person] == Role.ADMIN or nobodys or theirs or bool(talk.shared)


@dataclass
class Rows:
    """The world in the database."""

    people: list[Member]
    customer: Customer
    threads: list[Thread]
    messages: list[Message]
    callbacks: list[Callback]


def build(talks: list[Talk], app: App, service: Service) -> Rows:
    """Write a world."""
    organization: Organization = app.organization
    people = [make_member(organization, role) for role in PEOPLE]
    customer = Customer.objects.create(organization=organization, customer_id="c1")
    Device.objects.create(app=app, user_id="u1", device_id="d1", customer=customer)
    rows = Rows(people, customer, [], [], [])
    for number, talk in enumerate(talks):
        stream = talk.shared is not None and Stream.objects.create(
            organization=organization, name=f"s{number}", is_shared=talk.shared
        )
        thread = Thread.objects.create(
            app=app,
            service=service,
            stream=stream or None,
            user_id="u1",
            title=f"title-{number}-",
        )
        rows.threads.append(thread)
        rows.messages.append(_message(thread, f"said-{number}-"))
        rows.callbacks.append(
            Callback.objects.create(
                organization=organization,
                service=service,
                message_id=rows.messages[-1].pk,
                kind="mo",
                event="mo",
                url="https://a.test",
                body="{}",
            )
        )
        if talk.agent is not None:
            services.take(thread=thread, agent=people[talk.agent])
        for guest in talk.guests:
            services.let_in(thread=thread, agent=people[guest])
    return rows


def _message(thread: Thread, text: str) -> Message:
    key = uuid7()
    made: Message = Message.objects.create(
        id=key, transid=key, organization=thread.app.organization, service=thread.service,
        app=thread.app, thread=thread, channel="rt", direction=1, address="u1",
        state=State.RECEIVED, payload={"message": text}, created_at=thread.created_at,
    )  # fmt: skip
    return made


def shown(text: str, word: str, rows: Rows) -> set[int]:
    """Return the conversations that a text has something of."""
    return {number for number in range(len(rows.threads)) if f"{word}-{number}-" in text}


def views_of(client: Client, rows: Rows, person: int) -> dict[str, set[int]]:
    """Return, for each place in which conversations are read, which ones a person finds."""
    customer = f"/customers/{rows.customer.pk}/"
    rest = f"/api/v1/customers/{rows.customer.pk}/"
    threads = json.dumps(client.get("/api/v1/threads/").json())
    journeys = [client.get(f"/messages/{row.pk}/").status_code for row in rows.messages]
    found = {
        "log": shown(client.get("/messages/").text, "said", rows),
        "log file": shown(_all(client.get("/messages/?format=csv")), "said", rows),
        "search": shown(client.get("/messages/?q=u1").text, "said", rows),
        "journey": {n for n, status in enumerate(journeys) if status == 200},
        "timeline": shown(client.get(customer).text, "said", rows),
        "timeline over REST": shown(client.get(f"{rest}timeline/").text, "said", rows),
        "threads over REST": shown(threads, "title", rows),
    }
    if PEOPLE[person] != Role.VIEWER:
        export = _all(client.post(f"{customer}export/"))
        over_rest = client.post(f"{rest}export/").text
        desk = client.get("/conversations/?show=all").text
        pages = [client.get(f"/conversations/{row.pk}/").status_code for row in rows.threads]
        listed = client.get("/api/v1/conversations/?show=all").text
        urls = [f"/api/v1/conversations/{row.pk}/messages/" for row in rows.threads]
        answers = [client.get(url).status_code for url in urls]
        found |= {
            "export: messages": shown(export, "said", rows),
            "export: threads": shown(export, "title", rows),
            "export over REST": shown(over_rest, "said", rows),
            "desk": shown(desk, "title", rows),
            "conversation": {n for n, status in enumerate(pages) if status == 200},
            "conversations over REST": shown(listed, "title", rows),
            "messages over REST": {n for n, status in enumerate(answers) if status == 200},
        }
        withheld = json.loads(export)["withheld"]["messages"]
        assert withheld == len(rows.messages) - len(found["export: messages"])
    if PEOPLE[person] in (Role.ADMIN, Role.DEVELOPER):
        urls = [f"/messages/callbacks/{row.pk}/" for row in rows.callbacks]
        statuses = [client.get(url).status_code for url in urls]
        found["callback"] = {n for n, status in enumerate(statuses) if status == 200}
    return found


def _all(answer: Any) -> str:
    """Return the whole of a file."""
    assert answer.status_code == 200
    text: str = answer.getvalue().decode()
    return text


@pytest.mark.sampled
def test_every_place_agrees_with_the_plain_rule(
    rtm_app: App, service: Service, whole: bool
) -> None:
    @settings(
        max_examples=6 if whole else 2,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(talks=TALKS)
    def agree(talks: list[Talk]) -> None:
        with transaction.atomic():
            assert_all_agree(build(talks, rtm_app, service), talks)
            transaction.set_rollback(True)

    agree()


def assert_all_agree(rows: Rows, talks: list[Talk]) -> None:
    """Ask every place as each person."""
    for person, member in enumerate(rows.people):
        expected = {n for n, talk in enumerate(talks) if may_see(talk, person)}
        for place, found in views_of(client_of(member), rows, person).items():
            assert found == expected, (place, PEOPLE[person])


@pytest.fixture
def taken(rtm_app: App, service: Service, organization: Organization) -> Rows:
    """A conversation that an agent has taken, and one that nobody has."""
    nobodys = Talk(None, frozenset(), None)
    return build([Talk(2, frozenset(), None), nobodys], rtm_app, service)


def test_the_timeline_says_how_much_it_leaves_out(taken: Rows) -> None:
    text = client_of(taken.people[3]).get(f"/customers/{taken.customer.pk}/").text
    assert "1 conversation of another agent is not shown" in text
    own = client_of(taken.people[2]).get(f"/customers/{taken.customer.pk}/").text
    assert "is not shown" not in own


def test_another_agents_thread_cannot_be_changed_over_rest(taken: Rows) -> None:
    url = f"/api/v1/threads/{taken.threads[0].pk}/"
    body = json.dumps({"status": "Closed"})
    answer = client_of(taken.people[3]).patch(url, body, "application/json")
    assert answer.status_code == 404
    answer = client_of(taken.people[2]).patch(url, body, "application/json")
    assert answer.status_code == 200


def test_figures_count_what_is_not_shown(taken: Rows) -> None:
    for member in (taken.people[0], taken.people[3]):
        assert Message.objects.at_level(member).count() == 2


def test_who_types_is_told_to_admins_only(taken: Rows) -> None:
    typing = Callback.objects.create(
        organization=taken.customer.organization, service=taken.threads[0].service,
        kind=Callback.Kind.TYPING, event="typing", url="https://a.test", body="{}",
    )  # fmt: skip
    url = f"/messages/callbacks/{typing.pk}/"
    statuses = [client_of(member).get(url).status_code for member in taken.people[:2]]
    assert statuses == [200, 404]
