"""The desk in pages: nobody who waits, and nothing that was said, is cut off."""

import datetime as dt
import re
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.desk import services
from imiconnect.rtm.models import Message, Thread
from imiconnect.rtm.processors.mo_threads import Said, belongings
from imiconnect.rtm.protocol.states import State
from tests.rtm.desk.conftest import Scene


def crowd(app: App, count: int) -> list[Thread]:
    """Let customers wait: the first one longest, though the first one wrote again just now."""
    now = timezone.now()
    threads = [
        Thread.objects.create(
            app=app, user_id=f"w{number}", title=f"Question {number}",
            waits_since=now - dt.timedelta(days=1, minutes=count - number),
            updated_at=now - dt.timedelta(minutes=count - number),
        )
        for number in range(count)
    ]  # fmt: skip
    Thread.objects.filter(pk=threads[0].pk).update(updated_at=now)
    return threads


def titles(client: Any, url: str) -> list[str]:
    """Return the titles of a page of the list."""
    return [row.thread.title for row in client.get(url).context["rows"]]


def said(thread: Thread, number: int) -> Message:
    """Put a message of the customer into a conversation."""
    key = uuid7()
    message: Message = Message.objects.create(
        id=key, transid=key, organization=thread.app.organization, app=thread.app,
        thread=thread, channel="rt", direction=1, address="u1", state=State.RECEIVED,
        payload={"message": f"word {number}"}, created_at=timezone.now(),
    )  # fmt: skip
    return message


def test_who_has_waited_longest_is_first_and_the_last_one_is_reached(
    scene: Scene, rtm_app: App, client_of: Any
) -> None:
    crowd(rtm_app, 51)
    client = client_of(scene.ann)
    page = client.get("/conversations/")
    first = [row.thread.title for row in page.context["rows"]]
    assert first == [f"Question {number}" for number in range(50)]
    rest = titles(client, page.context["further_url"])
    assert rest == ["Question 50", "Credit card", "Account settings"]
    assert page.context["back_url"] == ""


def test_the_open_list_goes_from_the_newest_to_the_oldest_and_back(
    scene: Scene, rtm_app: App, client_of: Any
) -> None:
    crowd(rtm_app, 51)
    client = client_of(scene.ann)
    page = client.get("/conversations/?show=all")
    older = client.get(page.context["further_url"])
    assert "Question 1" in [row.thread.title for row in older.context["rows"]]
    assert titles(client, older.context["back_url"]) == [
        row.thread.title for row in page.context["rows"]
    ]


def test_an_open_conversation_keeps_the_page_of_the_list(
    scene: Scene, rtm_app: App, client_of: Any
) -> None:
    crowd(rtm_app, 51)
    client = client_of(scene.ann)
    further = client.get("/conversations/").context["further_url"]
    html = client.get(further).content.decode()
    link = re.search(rf'href="(/conversations/{scene.cards.pk}/[^"]*)"', html)
    assert link
    assert titles(client, link[1].replace("&amp;", "&"))[0] == "Question 50"


@pytest.mark.parametrize("cursor", ["x", "%22onload", "a" * 5000])
def test_a_cursor_of_another_maker_shows_the_first_page(
    scene: Scene, client_of: Any, cursor: str
) -> None:
    page = client_of(scene.ann).get(f"/conversations/?cursor={cursor}")
    assert len(page.context["rows"]) == 2


def test_what_a_customer_never_wrote_in_waits_for_nobody(
    scene: Scene, rtm_app: App, client_of: Any
) -> None:
    Thread.objects.create(app=rtm_app, user_id="u9", title="Campaign")
    client = client_of(scene.ann)
    assert "Campaign" not in titles(client, "/conversations/")
    assert "Campaign" in titles(client, "/conversations/?show=all")


def test_writing_again_does_not_cost_the_place_in_the_queue(scene: Scene) -> None:
    app, thread = scene.cards.app_id, scene.cards
    Thread.objects.filter(pk=thread.pk).update(waits_since=None)
    first = timezone.now()
    for moment in (first, first + dt.timedelta(minutes=5)):
        belongings([Said(uuid7(), app, "u1", thread.pk, "", None, None)], moment)
    thread.refresh_from_db()
    assert (thread.waits_since, thread.updated_at) == (first, moment)


@pytest.mark.django_db(transaction=True)
def test_an_answer_ends_the_waiting_and_giving_back_begins_it_again(scene: Scene) -> None:
    services.reply(thread=scene.cards, agent=scene.ann, text="Here I am.")
    scene.cards.refresh_from_db()
    assert scene.cards.waits_since is None
    services.hand_over(thread=scene.cards, agent=None)
    scene.cards.refresh_from_db()
    assert scene.cards.waits_since is not None


def test_closing_by_mistake_costs_nobody_the_place_in_the_queue(scene: Scene) -> None:
    since = Thread.objects.get(pk=scene.cards.pk).waits_since
    services.set_status(thread=scene.cards, status="Closed")
    services.set_status(thread=scene.cards, status="Active")
    scene.cards.refresh_from_db()
    assert scene.cards.waits_since == since


def test_earlier_messages_are_shown_above_the_newest(scene: Scene, client_of: Any) -> None:
    for number in range(101):
        said(scene.cards, number)
    client, url = client_of(scene.ann), f"/conversations/{scene.cards.pk}/"
    page = client.get(url)
    html = page.content.decode()
    assert "Show earlier messages" in html
    assert "Question about: Credit card" not in html
    asked = {"HX-Request": "true", "HX-Target": "desk-talk"}
    first = page.context["talk"].earlier
    part = client.get(url, {"first": first}, headers=asked).content.decode()
    assert "Question about: Credit card" in part
    assert "word 100" in part
    assert "Show earlier messages" not in part
    assert f"first={first}" in part.split("seen=")[0], "the next refresh keeps them"


def test_a_page_of_earlier_messages_ends_and_leads_to_the_newest(
    scene: Scene, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imiconnect.rtm.desk.conversations.MOST_SHOWN", 3)
    first = Message.objects.get(thread=scene.cards)
    for number in range(5):
        said(scene.cards, number)
    page = client_of(scene.ann).get(f"/conversations/{scene.cards.pk}/?first={first.pk}")
    html = page.content.decode()
    assert "word 1" in html
    assert "word 4" not in html.partition("desk-said")[2]
    assert "Show the newest messages" in html
