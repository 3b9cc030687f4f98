"""The list page: paging, filters, sorting, bulk acts, empty states, CSV."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from imiconnect.accounts.models import Group, Member, Organization
from tests import factories
from tests.console import gallery

URL = "/gallery/"
ClientOf = Callable[[Member], Client]


@pytest.fixture
def client(admin: Member, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def groups(organization: Organization) -> list[Group]:
    return [factories.make_group(organization, name=f"Group {i:02d}") for i in range(12)]


def names(page: str) -> list[str]:
    return re.findall(r'class="name"><a [^>]*>([^<]+)</a>', page)


def get(client: Client, url: str = URL) -> str:
    return client.get(url).content.decode()


def follow(page: str, rel: str) -> str:
    found = re.search(rf'href="(\?[^"]*)" rel="{rel}"', page)
    return URL + found.group(1).replace("&amp;", "&") if found else ""


def test_newest_come_first(client: Client, groups: list[Group]) -> None:
    assert names(get(client)) == [f"Group {i:02d}" for i in (11, 10, 9, 8, 7)]


def test_older_and_newer_walk_over_every_row_once(client: Client, groups: list[Group]) -> None:
    first = get(client)
    second = get(client, follow(first, "next"))
    third = get(client, follow(second, "next"))
    assert names(third) == ["Group 01", "Group 00"]
    assert follow(third, "next") == ""
    assert names(get(client, follow(third, "prev"))) == names(second)
    assert names(get(client, follow(second, "prev"))) == names(first)
    assert follow(first, "prev") == ""


def test_row_added_while_paging_neither_repeats_nor_hides_one(
    client: Client, groups: list[Group], organization: Organization
) -> None:
    older = follow(get(client), "next")
    factories.make_group(organization, name="Late")
    assert names(get(client, older))[0] == "Group 06"


def test_rows_of_the_same_instant_are_told_apart(client: Client, groups: list[Group]) -> None:
    Group.objects.update(created_at=groups[0].created_at)
    first = get(client)
    second = get(client, follow(first, "next"))
    third = get(client, follow(second, "next"))
    assert len({*names(first), *names(second), *names(third)}) == 12


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyJvbGRlciIsIDEsIDJd", "é", "=" * 9])
def test_unreadable_cursor_gives_the_first_page(
    client: Client, groups: list[Group], cursor: str
) -> None:
    assert names(client.get(URL, {"cursor": cursor}).content.decode())[0] == "Group 11"


def test_column_sorts_both_ways(client: Client, groups: list[Group]) -> None:
    assert names(get(client, f"{URL}?sort=name"))[0] == "Group 00"
    page = get(client, f"{URL}?sort=-name")
    assert names(page)[0] == "Group 11"
    assert 'aria-sort="descending"' in page


def test_unknown_sort_is_left_out(client: Client, groups: list[Group]) -> None:
    page = client.get(URL, {"sort": "organization__profile_key"})
    assert names(page.content.decode())[0] == "Group 11"


def test_filter_narrows_and_stays_in_the_links(client: Client, groups: list[Group]) -> None:
    page = get(client, f"{URL}?name=Group+0")
    assert names(page)[0] == "Group 09"
    assert "name=Group+0" in follow(page, "next")


def test_never_used_list_says_its_purpose(client: Client) -> None:
    page = get(client)
    assert "No groups yet" in page
    assert "Filters" not in page


def test_filter_without_a_match_offers_to_clear_it(client: Client, groups: list[Group]) -> None:
    page = get(client, f"{URL}?name=zzz")
    assert "Nothing matches" in page
    assert f'href="{URL}">Clear filters' in page


def test_list_that_cannot_be_read_is_not_drawn_as_empty(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any) -> Any:
        raise DatabaseError("gone")

    monkeypatch.setattr(gallery.Groups, "get_queryset", broken)
    page = get(client)
    assert "Could not load" in page
    assert "No groups yet" not in page


def test_bulk_act_changes_the_selected_and_says_so(client: Client, groups: list[Group]) -> None:
    chosen = [str(group.pk) for group in groups[:2]]
    page = client.post(URL, {"act": "rename", "ids": chosen}, follow=True).content.decode()
    assert Group.objects.filter(name__startswith="Renamed ").count() == 2
    assert "2 groups renamed" in page
    assert 'action="/gallery/undo/"' in page


def test_bulk_act_leaves_rows_of_another_organization_alone(
    client: Client, other_organization: Organization
) -> None:
    foreign = factories.make_group(other_organization, name="Foreign")
    client.post(URL, {"act": "rename", "ids": [str(foreign.pk)]})
    foreign.refresh_from_db()
    assert foreign.name == "Foreign"


def test_unknown_bulk_act_is_refused(client: Client) -> None:
    assert client.post(URL, {"act": "drop"}).status_code == 403


def test_a_bulk_act_on_what_is_no_key_is_not_found(client: Client) -> None:
    assert client.post(URL, {"act": "rename", "ids": ["x"]}).status_code == 404


def test_csv_has_every_filtered_row(client: Client, groups: list[Group]) -> None:
    response = client.get(f"{URL}?format=csv&name=Group+0")
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].lstrip("\ufeff").startswith("Name,State,Id")
    assert len(lines) == 11
    assert response.headers["Content-Disposition"].startswith('attachment; filename="groups-')


def test_csv_does_not_start_a_formula(client: Client, organization: Organization) -> None:
    factories.make_group(organization, name="=cmd()")
    response = client.get(f"{URL}?format=csv")
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=cmd()" in body


def test_names_are_escaped(client: Client, organization: Organization) -> None:
    factories.make_group(organization, name="<script>alert(1)</script>")
    assert "<script>alert" not in get(client)


def test_live_rows_are_those_newer_than_the_first(
    client: Client, groups: list[Group], organization: Organization
) -> None:
    cursor = re.search(r'data-cursor="([^"]+)"', get(client))
    assert cursor
    factories.make_group(organization, name="Fresh")
    fresh = client.get(URL, {"live": cursor.group(1)}).content.decode()
    assert names(fresh) == ["Fresh"]
    assert "data-more" not in fresh
