"""The agents' desk: who sees which conversation, taking, answering, closing."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from imiconnect.accounts.models import Member, Organization
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.desk import services
from imiconnect.rtm.desk.conversations import conversations_for
from imiconnect.rtm.models import Assignment, Message, Thread
from imiconnect.sharing.models import Service
from tests.factories import make_member
from tests.rtm.desk.conftest import Scene


def seen_by(member: Member) -> set[str]:
    """Return the titles of the conversations that a person sees."""
    return {thread.title for thread in conversations_for(member)}


BOTH = {"Credit card", "Account settings"}


def test_two_agents_on_two_threads_of_a_customer_see_their_own(scene: Scene) -> None:
    assert seen_by(scene.ann) == seen_by(scene.ben) == BOTH
    services.take(thread=scene.cards, agent=scene.ann)
    services.take(thread=scene.account, agent=scene.ben)
    assert seen_by(scene.ann) == {"Credit card"}
    assert seen_by(scene.ben) == {"Account settings"}


def test_an_admin_sees_all_and_a_viewer_does_not_get_in(
    scene: Scene, admin: Member, viewer: Member, client_of: Any
) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    assert seen_by(admin) == BOTH
    assert client_of(viewer).get("/conversations/").status_code == 403


def test_who_is_let_in_sees_the_conversation(scene: Scene) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    services.let_in(thread=scene.cards, agent=scene.ben)
    assert "Credit card" in seen_by(scene.ben)


def test_in_a_shared_stream_all_agents_see_all(
    scene: Scene, developer: Member, client_of: Any
) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    url = f"/conversations/streams/{scene.stream.pk}/share/"
    assert client_of(scene.ann).post(url).status_code == 403
    client_of(developer).post(url)
    assert seen_by(scene.ben) == BOTH
    client_of(developer).post(url)
    assert seen_by(scene.ben) == {"Account settings"}


def test_the_first_who_takes_a_conversation_has_it(scene: Scene) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    services.take(thread=scene.cards, agent=scene.ann)
    with pytest.raises(services.Taken):
        services.take(thread=scene.cards, agent=scene.ben)
    assert Assignment.objects.get().agent == scene.ann
    assert AuditEntry.objects.filter(action="conversation.taken").count() == 1


def test_the_page_of_anothers_conversation_does_not_exist(
    scene: Scene, outsider: Member, client_of: Any
) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    url = f"/conversations/{scene.cards.pk}/"
    assert "Question about: Credit card" in client_of(scene.ann).get(url).content.decode()
    for stranger in (scene.ben, outsider):
        assert client_of(stranger).get(url).status_code == 404
        assert client_of(stranger).post(f"{url}reply/", {"text": "x"}).status_code == 404
    assert "Credit card" not in client_of(scene.ben).get("/conversations/").content.decode()


def test_the_list_is_narrowed_by_stream_and_state(scene: Scene, client_of: Any) -> None:
    client = client_of(scene.ann)
    services.take(thread=scene.cards, agent=scene.ann)
    services.set_status(thread=scene.account, status="Closed")
    found = {
        show: [
            row.thread.title
            for row in client.get(f"/conversations/?show={show}").context["rows"]
        ]
        for show in ("waiting", "mine", "all", "closed")
    }
    assert found == {
        "waiting": [], "mine": ["Credit card"], "all": ["Credit card"],
        "closed": ["Account settings"],
    }  # fmt: skip
    none = client.get("/conversations/?show=all&stream=none")
    assert none.context["rows"] == []
    assert client.get("/conversations/?stream=x'").status_code == 200


def test_a_conversation_is_handed_over_given_back_closed_and_opened(
    scene: Scene, admin: Member, client_of: Any
) -> None:
    url, client = f"/conversations/{scene.cards.pk}/", client_of(scene.ann)
    client.post(f"{url}take/")
    left = client.post(f"{url}hand-over/", {"agent": scene.ben.pk})
    assert left.headers["Location"] == "/conversations/"
    assert Assignment.objects.get().agent == scene.ben
    client_of(scene.ben).post(f"{url}give-back/")
    assert not Assignment.objects.exists()
    client.post(f"{url}close/")
    scene.cards.refresh_from_db()
    assert scene.cards.status == Thread.Status.CLOSED
    client.post(f"{url}open/")
    scene.cards.refresh_from_db()
    assert scene.cards.status == Thread.Status.ACTIVE


def test_an_agent_of_another_organization_cannot_get_it(
    scene: Scene, outsider: Member, client_of: Any
) -> None:
    with pytest.raises(ValidationError):
        services.hand_over(thread=scene.cards, agent=outsider)
    client_of(scene.ann).post(
        f"/conversations/{scene.cards.pk}/hand-over/", {"agent": outsider.pk}
    )
    assert not Assignment.objects.exists()


def test_a_part_is_sent_only_when_it_has_changed(scene: Scene, client_of: Any) -> None:
    client, url = client_of(scene.ann), f"/conversations/{scene.cards.pk}/"
    asked = {"HX-Request": "true", "HX-Target": "desk-list"}
    part = client.get(url, headers=asked).content.decode()
    seen = part.split("seen=")[1].split('"')[0]
    assert client.get(url, {"seen": seen}, headers=asked).status_code == 204
    services.take(thread=scene.account, agent=scene.ben)
    assert client.get(url, {"seen": seen}, headers=asked).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_answer_goes_out_in_the_thread_and_takes_the_conversation(
    scene: Scene, client_of: Any
) -> None:
    url = f"/conversations/{scene.cards.pk}/"
    answer = client_of(scene.ann).post(f"{url}reply/", {"text": "We are looking into it."})
    assert answer.headers["Location"] == url
    message = Message.objects.get(direction=0)
    assert (message.thread, message.address) == (scene.cards, "u1")
    assert message.payload == {"message": "We are looking into it.", "senderId": "Ann"}
    assert Assignment.objects.get().agent == scene.ann
    page = client_of(scene.ann).get(url).content.decode()
    assert "We are looking into it." in page


@pytest.mark.django_db(transaction=True)
def test_who_is_late_is_told_and_sends_nothing(scene: Scene, client_of: Any) -> None:
    with pytest.raises(services.Taken):
        services.take(thread=scene.cards, agent=scene.ann)
        services.reply(thread=scene.cards, agent=scene.ben, text="Hello")
    assert not Message.objects.filter(direction=0).exists()


@pytest.mark.django_db(transaction=True)
def test_a_guest_answers_beside_the_agent(scene: Scene) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    services.let_in(thread=scene.cards, agent=scene.ben)
    services.reply(thread=scene.cards, agent=scene.ben, text="Hello")
    assert Message.objects.get(direction=0).payload["senderId"] == "Ben"
    assert Assignment.objects.get().agent == scene.ann


def test_a_guests_place_is_taken_away(scene: Scene, client_of: Any) -> None:
    services.take(thread=scene.cards, agent=scene.ann)
    services.let_in(thread=scene.cards, agent=scene.ben)
    url = f"/conversations/{scene.cards.pk}/"
    leave = f"{url}guests/{scene.ben.pk}/"
    assert f'href="{leave}' in client_of(scene.ann).get(url).content.decode()
    assert "neither sees nor answers" in client_of(scene.ann).get(leave).content.decode()
    assert client_of(scene.ann).post(leave).headers["Location"] == url
    assert client_of(scene.ben).get(url).status_code == 404
    assert client_of(scene.ann).post(leave).status_code == 404
    assert AuditEntry.objects.filter(action="conversation.unshared").count() == 1


def test_guests_leave_by_themselves_but_send_nobody_out(
    scene: Scene, organization: Organization, client_of: Any
) -> None:
    cem = make_member(organization, Role.ASSET_MANAGER, name="Cem")
    services.take(thread=scene.cards, agent=scene.ann)
    for guest in (scene.ben, cem):
        services.let_in(thread=scene.cards, agent=guest)
    url = f"/conversations/{scene.cards.pk}/guests/"
    assert client_of(cem).post(f"{url}{scene.ben.pk}/").status_code == 403
    left = client_of(cem).post(f"{url}{cem.pk}/")
    assert left.headers["Location"] == "/conversations/"
    assert [row.agent for row in scene.cards.guests.all()] == [scene.ben]


@pytest.mark.parametrize(
    ("changes", "actions"),
    [
        ({"status": "Closed"}, ["conversation.closed"]),
        ({"status": "Active"}, []),
        ({"title": "Cards", "status": "Closed"}, ["conversation.closed", "thread.updated"]),
    ],
)
def test_rest_leaves_the_audit_entries_of_the_desk(
    scene: Scene, client_of: Any, changes: dict[str, str], actions: list[str]
) -> None:
    url = f"/api/v1/threads/{scene.cards.pk}/"
    client_of(scene.ann).patch(url, changes, content_type="application/json")
    entries = AuditEntry.objects.filter(object_id=str(scene.cards.pk)).order_by("action")
    assert [entry.action for entry in entries] == actions
    assert {entry.actor_name for entry in entries} <= {str(scene.ann.user)}


def test_a_conversation_that_rest_opens_again_waits(scene: Scene, client_of: Any) -> None:
    Thread.objects.update(status=Thread.Status.CLOSED, waits_since=None)
    url = f"/api/v1/threads/{scene.cards.pk}/"
    client_of(scene.ann).patch(url, {"status": "Active"}, content_type="application/json")
    scene.cards.refresh_from_db()
    assert scene.cards.waits_since


def test_an_announcement_that_rest_opens_again_waits_for_nobody(
    scene: Scene, client_of: Any
) -> None:
    Thread.objects.update(status="Closed", waits_since=None, type="Announcement")
    url = f"/api/v1/threads/{scene.cards.pk}/"
    client_of(scene.ann).patch(url, {"status": "Active"}, content_type="application/json")
    scene.cards.refresh_from_db()
    assert (scene.cards.status, scene.cards.waits_since) == ("Active", None)
    assert AuditEntry.objects.filter(action="thread.active").exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_live_service_the_agent_reads_why_and_keeps_the_text(
    scene: Scene, service: Service, client_of: Any
) -> None:
    Service.objects.filter(pk=service.pk).update(state=Service.State.SUSPENDED)
    answer = client_of(scene.ann).post(
        f"/conversations/{scene.cards.pk}/reply/", {"text": "Keep this"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "No service is live that could send an answer." in page
    assert "Keep this" in page
