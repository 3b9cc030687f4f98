"""The pages on which streams are made, renamed and deleted."""

from typing import Any

import pytest
from django.test import RequestFactory

from imiconnect.accounts.models import Member, Organization
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm import streams
from imiconnect.rtm.models import Stream, Thread
from imiconnect.rtm.views.stream_pages import Streams
from imiconnect.sharing.models import Service
from tests.factories import make_group, make_member
from tests.rtm.desk.conftest import Scene

URL = "/conversations/streams/"


@pytest.fixture
def page(developer: Member, client_of: Any) -> Any:
    """The browser of a Developer."""
    return client_of(developer)


def test_a_stream_is_made_renamed_and_listed(page: Any) -> None:
    made = page.post(f"{URL}new/", {"name": "Support"})
    stream = Stream.objects.get()
    assert made.headers["Location"] == f"{URL}{stream.pk}/"
    page.post(f"{URL}{stream.pk}/", {"card": "rename", "name": "Care"})
    assert "Care" in page.get(URL).text
    assert AuditEntry.objects.get(action="stream.renamed").after == {"name": "Care"}


def test_a_name_that_is_taken_is_refused_at_the_field(scene: Scene, page: Any) -> None:
    other = Stream.objects.create(organization=scene.stream.organization, name="Sales")
    assert page.post(f"{URL}new/", {"name": "Support"}).status_code == 422
    rename = {"card": "rename", "name": "Support"}
    assert page.post(f"{URL}{other.pk}/", rename).status_code == 422


def test_a_stream_in_use_is_kept_and_leads_to_its_services(
    scene: Scene, service: Service, page: Any
) -> None:
    streams.use_stream(service=service, stream=scene.stream)
    url = f"{URL}{scene.stream.pk}/delete/"
    text = page.get(url).text
    assert f"/services/{service.pk}/stream/" in text
    assert "Type " not in text
    assert page.post(url, {"name": "Support"}).status_code == 409
    assert Stream.objects.exists()


def test_a_stream_that_is_free_is_deleted_and_its_conversations_stay(
    scene: Scene, page: Any
) -> None:
    url = f"{URL}{scene.stream.pk}/delete/"
    assert "2 conversations stay" in page.get(url).text
    assert page.post(url, {"name": "wrong"}).status_code == 422
    assert page.post(url, {"name": "Support"}).headers["Location"] == URL
    assert not Stream.objects.exists()
    assert Thread.objects.filter(stream=None).count() == 2


def test_a_stream_is_deleted_though_its_user_has_a_first_conversation_without_it(
    scene: Scene, page: Any
) -> None:
    for stream in (scene.stream, None):
        Thread.objects.create(
            app=scene.cards.app, service=scene.cards.service, stream=stream,
            user_id="u9", is_default=True,
        )  # fmt: skip
    page.post(f"{URL}{scene.stream.pk}/delete/", {"name": "Support"})
    assert not Stream.objects.exists()
    found = Thread.objects.filter(user_id="u9").values_list("is_default", flat=True)
    assert sorted(found) == [False, True]


def test_services_and_conversations_are_counted_by_themselves(
    scene: Scene, service: Service, admin: Member
) -> None:
    other = Service.objects.create(organization=service.organization, name="Other")
    for use in (service, other):
        streams.use_stream(service=use, stream=scene.stream)
    for number in range(2):
        Thread.objects.create(
            app=scene.cards.app, service=service, stream=scene.stream, user_id="u9",
            title=f"t{number}", status=[Thread.Status.ACTIVE, Thread.Status.CLOSED][number],
        )  # fmt: skip
    Stream.objects.create(organization=service.organization, name="Unused")
    request = RequestFactory().get(URL)
    request.member = admin  # type: ignore[attr-defined]
    view = Streams()
    view.setup(request)
    found = {row.name: (row.services, row.open) for row in view.get_queryset()}
    assert found == {"Support": (2, 3), "Unused": (0, 0)}


def test_a_service_of_another_level_blocks_without_being_named(
    scene: Scene, service: Service, organization: Organization, client_of: Any
) -> None:
    seat = make_member(make_group(organization), Role.DEVELOPER)
    streams.use_stream(service=service, stream=scene.stream)
    client = client_of(seat)
    shown = client.get(f"{URL}{scene.stream.pk}/").text
    asked = client.get(f"{URL}{scene.stream.pk}/delete/").text
    assert "1 service of another level uses it too" in shown
    assert "Services of other levels use it" in asked
    assert service.name not in shown
    assert service.name not in asked


def test_an_asset_manager_reads_and_changes_nothing(
    scene: Scene, asset_manager: Member, client_of: Any
) -> None:
    client, url = client_of(asset_manager), f"{URL}{scene.stream.pk}/"
    assert "Rename" not in client.get(url).text
    assert client.post(url, {"card": "rename", "name": "x"}).status_code == 403
    assert client.get(f"{url}delete/").status_code == 403
    assert client.get(f"{URL}new/").status_code == 403
