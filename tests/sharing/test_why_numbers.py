"""Why somebody sees a number: it is the organization's, and none is shared."""

from collections.abc import Callable

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.numbers.models import Number

ClientOf = Callable[[Member], Client]


@pytest.fixture
def number(admin: Member) -> Number:
    return Number.objects.create(
        organization=admin.organization, kind="sender_id", value="NWBANK", folded="nwbank",
        state="active",
    )  # fmt: skip


def test_the_page_gives_the_chain_for_oneself_and_for_a_chosen_person(
    number: Number, admin: Member, team_member: Member, client_of: ClientOf
) -> None:
    own = client_of(team_member).get(f"/numbers/{number.pk}/access/why/").content.decode()
    assert "It belongs to Northwind Bank as a whole" in own
    assert "Tia Team is in the organization, at Retail › Cards." in own
    chosen = client_of(admin).get(f"/numbers/{number.pk}/access/why/?person={team_member.pk}")
    assert "Why can Tia Team see this?" in chosen.content.decode()
    page = client_of(admin).get(f"/numbers/{number.pk}/").content.decode()
    assert f"/numbers/{number.pk}/access/why/" in page


def test_rest_gives_the_chain(number: Number, viewer: Member, client_of: ClientOf) -> None:
    [reason] = client_of(viewer).get(f"/api/v1/numbers/{number.pk}/why/").json()
    assert reason["usable"]
    assert [link["kind"] for link in reason["links"]] == ["Owner", "Organization", "Role"]


def test_rest_gives_the_chain_of_a_person_to_an_admin_alone(
    number: Number, admin: Member, viewer: Member, team_member: Member, client_of: ClientOf
) -> None:
    path = f"/api/v1/numbers/{number.pk}/why/?person={team_member.pk}"
    [reason] = client_of(admin).get(path).json()
    assert "Tia Team is in the organization" in reason["links"][1]["text"]
    assert client_of(viewer).get(path).status_code == 403


def test_another_organization_finds_nothing(
    number: Number, outsider: Member, client_of: ClientOf
) -> None:
    assert client_of(outsider).get(f"/numbers/{number.pk}/access/why/").status_code == 404
    assert client_of(outsider).get(f"/api/v1/numbers/{number.pk}/why/").status_code == 404
