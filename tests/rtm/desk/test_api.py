"""The desk over REST: the same conversations, the same acts, the same refusals."""

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.rtm.desk import services
from imiconnect.rtm.media import parsing
from imiconnect.rtm.models import Assignment, MediaFile, Message, Thread, ThreadGuest
from imiconnect.tokens.services import make_token
from tests.rtm.desk.conftest import Scene
from tests.rtm.desk.test_files import picture

URL = "/api/v1/conversations/"
JSON: dict[str, Any] = {"content_type": "application/json"}
real = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(scene: Scene, client_of: Any) -> Client:
    """Ann's client."""
    found: Client = client_of(scene.ann)
    return found


@pytest.fixture
def ben(scene: Scene, client_of: Any) -> Client:
    """Ben's client."""
    found: Client = client_of(scene.ben)
    return found


def of(thread: Thread, rest: str = "") -> str:
    """Return the address of a conversation, or of something of it."""
    return f"{URL}{thread.pk}/{rest}"


def titles(client: Client, **query: Any) -> list[str]:
    """Return the titles of a list."""
    return [row["title"] for row in client.get(URL, query).json()["results"]]


def sent() -> list[Message]:
    """Return what went to the customer."""
    return list(Message.objects.filter(direction=0).order_by("id"))


def test_the_list_is_narrowed_as_on_the_desk(scene: Scene, ann: Client) -> None:
    now = timezone.now()
    for thread, minutes in ((scene.account, 9), (scene.cards, 3)):
        since = now - dt.timedelta(minutes=minutes)
        Thread.objects.filter(pk=thread.pk).update(waits_since=since)
    assert titles(ann) == ["Account settings", "Credit card"], "who waits longest is first"
    services.take(thread=scene.cards, agent=scene.ann)
    assert titles(ann) == ["Account settings"]
    assert titles(ann, show="mine") == ["Credit card"]
    assert len(titles(ann, show="all", stream=scene.stream.pk, user_id="u1")) == 2
    assert titles(ann, show="all", stream="none") == []
    assert titles(ann, show="all", user_id="u2") == []
    assert titles(ann, show="all", app=uuid.uuid4()) == []
    assert ann.get(URL, {"stream": "x"}).status_code == 400
    assert ann.get(URL, {"show": "x"}).status_code == 400


@pytest.mark.parametrize("show", ["waiting", "all"])
def test_the_pages_of_the_list_lose_and_repeat_nothing(
    scene: Scene, ann: Client, show: str
) -> None:
    for number in range(5):
        Thread.objects.create(
            app=scene.cards.app, user_id=f"u{number}", waits_since=scene.cards.waits_since
        )
    url, found = f"{URL}?show={show}&page_size=2", []
    while url:
        page = ann.get(url).json()
        found += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(found) == len(set(found)) == 7


def test_a_conversation_says_who_has_it_and_what_it_takes(scene: Scene, ann: Client) -> None:
    waiting = ann.get(of(scene.cards)).json()
    assert waiting["agent"] is None
    assert waiting["preview"] == "Question about: Credit card"
    assert waiting["is_last_from_customer"] is True
    assert waiting["takes"]["image/png"] == parsing.MAX_IMAGE
    taken = ann.post(of(scene.cards, "take/")).json()
    assert taken["agent"]["name"] == "Ann"
    assert (
        ann.post(of(scene.cards, "guests/"), {"agent": scene.ben.pk}, **JSON).status_code == 204
    )
    assert [guest["name"] for guest in ann.get(of(scene.cards)).json()["guests"]] == ["Ben"]


def test_a_guests_place_is_taken_away(scene: Scene, ann: Client, ben: Client) -> None:
    ann.post(of(scene.cards, "take/"))
    ann.post(of(scene.cards, "guests/"), {"agent": scene.ben.pk}, **JSON)
    place = of(scene.cards, f"guests/{scene.ben.pk}/")
    assert ann.delete(of(scene.cards, f"guests/{scene.ann.pk}/")).status_code == 404
    assert ann.delete(place).status_code == 204
    assert ben.get(of(scene.cards)).status_code == 404
    assert ann.delete(place).status_code == 404


def test_of_two_agents_who_take_a_conversation_the_second_is_refused(
    scene: Scene, ann: Client, ben: Client
) -> None:
    scene.stream.is_shared = True
    scene.stream.save()
    ann.post(of(scene.cards, "take/"))
    refused = ben.post(of(scene.cards, "take/"))
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")
    assert "Ann answers this conversation" in refused.json()["detail"]


def test_the_conversation_of_another_agent_is_not_there(
    scene: Scene, ann: Client, ben: Client, outsider: Member, client_of: Any
) -> None:
    ann.post(of(scene.cards, "take/"))
    for stranger in (ben, client_of(outsider)):
        for rest in ("", "messages/", f"messages/{uuid.uuid4()}/files/0/"):
            assert stranger.get(of(scene.cards, rest)).status_code == 404
        for rest in ("messages/", "take/", "guests/", "close/", "open/"):
            assert stranger.post(of(scene.cards, rest), {}, **JSON).status_code == 404
        assert stranger.delete(of(scene.cards, "agent/")).status_code == 404
        assert "Credit card" not in titles(stranger, show="all")


def test_a_conversation_is_handed_over_given_back_closed_and_opened(
    scene: Scene, ann: Client, ben: Client
) -> None:
    ann.post(of(scene.cards, "take/"))
    told = {"agent": str(scene.ben.pk)}
    assert ann.put(of(scene.cards, "agent/"), told, **JSON).status_code == 204
    assert ann.get(of(scene.cards)).status_code == 404
    assert ben.delete(of(scene.cards, "agent/")).status_code == 204
    assert not Assignment.objects.exists()
    assert ann.post(of(scene.cards, "close/")).json()["status"] == "Closed"
    assert titles(ann, show="closed") == ["Credit card"]
    opened = ann.post(of(scene.cards, "open/")).json()
    assert (opened["status"], opened["waits_since"] is None) == ("Active", False)


def test_only_agents_of_the_list_get_a_conversation(
    scene: Scene, ann: Client, outsider: Member, viewer: Member
) -> None:
    listed = {row["name"] for row in ann.get(f"{URL}agents/").json()["results"]}
    assert {"Ann", "Ben"} <= listed
    assert viewer.user.name not in listed
    for stranger in (outsider, viewer):
        told = {"agent": str(stranger.pk)}
        assert ann.put(of(scene.cards, "agent/"), told, **JSON).status_code == 400
        assert ann.post(of(scene.cards, "guests/"), told, **JSON).status_code == 400
    assert not Assignment.objects.exists()
    assert not ThreadGuest.objects.exists()


def test_streams_are_counted_and_shared(
    scene: Scene, ann: Client, ben: Client, developer: Member, client_of: Any
) -> None:
    ann.post(of(scene.cards, "take/"))
    counted = {row["name"]: row["open"] for row in ben.get(f"{URL}streams/").json()}
    assert counted == {"Support": 1, "Without a stream": 0}
    url, told = f"/api/v1/streams/{scene.stream.pk}/", {"is_shared": True}
    assert ann.patch(url, told, **JSON).status_code == 403
    shared = client_of(developer).patch(url, told, **JSON).json()
    assert (shared["is_shared"], shared["name"]) == (True, "Support")
    assert ben.get(of(scene.cards)).json()["is_shared"] is True


def test_a_viewer_and_a_token_without_the_scope_do_not_get_in(
    scene: Scene, viewer: Member, developer: Member, client_of: Any
) -> None:
    assert client_of(viewer).get(URL).status_code == 403
    statuses = {}
    for scope in ("sharing:write", "rtm:read", "rtm:write"):
        secret = make_token(member=developer, name=scope, scopes=[scope])[1]
        caller = Client(headers={"Authorization": f"Bearer {secret}"})
        read = caller.get(URL).status_code
        statuses[scope] = read, caller.post(of(scene.cards, "take/")).status_code
    assert statuses == {
        "sharing:write": (403, 403), "rtm:read": (200, 403), "rtm:write": (403, 200),
    }  # fmt: skip


@real
def test_an_answer_is_sent_once_under_its_key(scene: Scene, ann: Client) -> None:
    headers, url = {"Idempotency-Key": "k1"}, of(scene.cards, "messages/")
    first = ann.post(url, {"text": "We look into it."}, headers=headers, **JSON)
    again = ann.post(url, {"text": "We look into it."}, headers=headers, **JSON)
    assert (first.status_code, first.json()) == (202, again.json())
    (message,) = sent()
    assert first.json() == {"transids": [str(message.transid)], "not_sent": ""}
    assert message.payload == {"message": "We look into it.", "senderId": "Ann"}
    assert Assignment.objects.get().agent == scene.ann
    other = ann.post(url, {"text": "Something else."}, headers=headers, **JSON)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_used")
    elsewhere = of(scene.account, "messages/")
    other = ann.post(elsewhere, {"text": "We look into it."}, headers=headers, **JSON)
    assert other.status_code == 422, "in another conversation it is another answer"
    assert len(sent()) == 1


@real
def test_an_answer_with_a_file_is_sent_and_kept_once(scene: Scene, ann: Client) -> None:
    url, headers = of(scene.cards, "messages/"), {"Idempotency-Key": "k2"}
    answers = []
    for _try in range(2):
        files = [SimpleUploadedFile("card.png", picture(), "image/png")]
        answers.append(ann.post(url, {"text": "", "files": files}, headers=headers))
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert (len(sent()), MediaFile.objects.count()) == (1, 1)
    newest = ann.get(url).json()["results"][0]
    (file,) = newest["files"]
    assert (file["name"], file["content_type"], newest["by"]) == (
        "card.png",
        "image/png",
        "Ann",
    )
    lead = ann.get(urlsplit(file["url"]).path)
    assert lead.status_code == 302
    assert b"".join(ann.get(lead.headers["Location"]).streaming_content) == picture()  # type: ignore[attr-defined]  # a file


@real
def test_what_cannot_be_sent_says_why_at_its_field(scene: Scene, ann: Client) -> None:
    url = of(scene.cards, "messages/")
    nothing = ann.post(url, {"text": " "}, **JSON).json()
    assert nothing["errors"][0]["pointer"] == "/text"
    files = [SimpleUploadedFile("run.exe", b"MZ", "application/pdf")]
    refused = ann.post(url, {"files": files}).json()
    assert "run.exe: Files of this type are not taken." in refused["errors"][0]["detail"]
    long = ann.post(url, {"text": "x"}, headers={"Idempotency-Key": "k" * 256}, **JSON)
    assert long.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert (sent(), Assignment.objects.count()) == ([], 0)


@real
def test_a_conversation_of_another_agent_is_answered_by_guests_alone(
    scene: Scene, ann: Client, ben: Client, admin: Member, client_of: Any
) -> None:
    ann.post(of(scene.cards, "take/"))
    url, told = of(scene.cards, "messages/"), {"text": "Let me help."}
    refused = client_of(admin).post(url, told, **JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")
    ann.post(of(scene.cards, "guests/"), {"agent": scene.ben.pk}, **JSON)
    assert ben.post(url, told, **JSON).status_code == 202
    assert [message.payload["senderId"] for message in sent()] == ["Ben"]


def test_messages_come_newest_first_in_pages(scene: Scene, ann: Client) -> None:
    first = Message.objects.get(thread=scene.cards)
    data = {"type": "quickReplyPostback", "title": "Yes", "payload": "y"}
    answer = Message.objects.get(pk=first.pk)
    answer.pk = answer.transid = uuid.UUID(int=first.pk.int + 1)
    answer.payload = {"message": "", "interactiveData": data}
    answer.save(force_insert=True)
    url = of(scene.cards, "messages/?page_size=1")
    newest = ann.get(url).json()
    (said,) = newest["results"]
    assert (said["kind"], said["interactive_data"]) == ("Quick reply", data)
    assert {"name": "Choice", "value": "Yes"} in said["facts"]
    (earlier,) = ann.get(newest["next"]).json()["results"]
    assert (earlier["text"], earlier["is_from_customer"]) == (
        "Question about: Credit card",
        True,
    )
