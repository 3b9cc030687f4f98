"""Numbers mapped to services: what may be mapped, to whom, and what releasing says of it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from imiconnect.accounts.models import Member, Team
from imiconnect.accounts.roles import Role
from imiconnect.numbers.models import ShortCode
from imiconnect.numbers.ports import answers
from imiconnect.numbers.services import releasing
from imiconnect.numbers.services.history import Blocked
from imiconnect.sharing import services
from imiconnect.sharing.models import NumberAllocation, Service
from imiconnect.sharing.number_allocations import choose_inbound, mappable
from tests.factories import make_member
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


def map_number(service: Service, number: Any, channel: str = "sms", **holder: Any) -> Any:
    return services.allocate_number(service=service, number=number, channel=channel, **holder)


def test_a_service_uses_any_number_of_codes_phone_numbers_and_keywords(
    admin: Member, service: Service, new_number: Any
) -> None:
    for kind, value in (
        ("phone_number", "+447700900001"),
        ("phone_number", "+447700900002"),
        ("short_code", "55555"),
        ("short_code", "5555555"),
        ("sender_id", "NWBANK"),
    ):
        map_number(service, new_number(admin, kind, value))
    assert service.number_allocations.count() == 5


def test_a_service_uses_several_keywords_also_of_one_code(
    admin: Member, service: Service, new_number: Any, catalogue: None
) -> None:
    first, second = (
        ShortCode.objects.create(country_id="GB", code=code, is_shared=True)
        for code in ("80888", "80999")
    )
    for code, word in ((first, "SAVINGS"), (first, "LOANS"), (second, "SAVINGS")):
        map_number(service, new_number(admin, "keyword", word, short_code=code))
    assert service.number_allocations.count() == 3


def test_a_second_sender_id_for_everybody_is_refused(
    admin: Member, service: Service, new_number: Any
) -> None:
    map_number(service, new_number(admin, "sender_id", "NWBANK"))
    with pytest.raises(ValidationError, match="has a Sender ID already"):
        map_number(service, new_number(admin, "sender_id", "NWCARDS"))


def test_a_team_and_a_person_may_have_a_sender_id_of_their_own(
    admin: Member, service: Service, team: Team, team_member: Member, new_number: Any
) -> None:
    map_number(service, new_number(admin, "sender_id", "ALL"))
    map_number(service, new_number(admin, "sender_id", "CARDS"), team=team)
    map_number(service, new_number(admin, "sender_id", "TIA"), user=team_member.user)
    rows = NumberAllocation.objects.resolved_for(team_member)
    assert [row.number.value for row in rows] == ["TIA"]
    rows = NumberAllocation.objects.resolved_for(admin)
    assert [row.number.value for row in rows] == ["ALL"]
    with pytest.raises(ValidationError, match="team has a Sender ID"):
        map_number(service, new_number(admin, "sender_id", "CARDS2"), team=team)


@pytest.mark.parametrize(
    ("fields", "channel", "said"),
    [
        ({"state": "pending"}, "sms", "not active"),
        ({"sms": False, "voice": True}, "sms", "no SMS"),
        ({"voice": False}, "voice", "no calls"),
    ],
)
def test_a_number_that_cannot_do_it_is_refused(
    admin: Member,
    service: Service,
    new_number: Any,
    fields: dict[str, Any],
    channel: str,
    said: str,
) -> None:
    number = new_number(admin, "phone_number", "+447700900001", **fields)
    assert number not in mappable(service, channel)
    with pytest.raises(ValidationError, match=said):
        map_number(service, number, channel)


def test_another_organizations_number_is_refused(
    outsider: Member, service: Service, new_number: Any
) -> None:
    with pytest.raises(ValidationError, match="no such number"):
        map_number(service, new_number(outsider, "sender_id", "HARBOUR"))


def test_the_same_number_is_mapped_once_for_each_use(
    admin: Member, service: Service, new_number: Any
) -> None:
    number = new_number(admin, "phone_number", "+447700900001", voice=True)
    map_number(service, number)
    map_number(service, number, "voice")
    with pytest.raises(ValidationError, match="already"):
        map_number(service, number)


def test_a_service_goes_live_with_a_number_alone(
    admin: Member, service: Service, new_number: Any
) -> None:
    assert services.missing_for_live(service)
    map_number(service, new_number(admin, "short_code", "55555"))
    assert services.set_state(service=service, state="live").state == "live"


def test_a_mapped_number_cannot_be_released_until_it_is_removed(
    admin: Member, service: Service, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    mapping = map_number(service, number)
    assert [use.name for use in answers.uses([number], admin)[number.pk]] == ["Alerts (SMS)"]
    with pytest.raises(Blocked, match="Alerts"):
        releasing.release_number(member=admin, number=number, typed="55555")
    services.deallocate_number(allocation=mapping)
    releasing.release_number(member=admin, number=number, typed="55555")


def test_a_person_reads_of_the_services_of_numbers_that_they_see(
    admin: Member, group_member: Member, team_member: Member, sister: Member, new_number: Any
) -> None:
    seats = (admin, group_member, team_member, sister)
    numbers = [new_number(admin, "short_code", code) for code in ("55555", "66666")]
    for at, seat in enumerate(seats):
        owned = {"group": seat.group, "team": seat.team}
        service = Service.objects.create(
            organization=admin.organization, name=f"S{at}", **owned
        )
        for number in numbers:
            map_number(service, number)
    for seat in seats:
        seen = {f"{service.name} (SMS)" for service in Service.objects.visible_to(seat)}
        uses = answers.uses(numbers, seat)
        for number in numbers:
            assert {use.name for use in uses[number.pk]} == seen
    assert len(answers.uses(numbers, None)[numbers[0].pk]) == len(seats)


def test_what_comes_in_goes_to_the_first_service_until_another_is_chosen(
    admin: Member, service: Service, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    second = services.create_service(member=admin, name="Second")
    first_row, second_row = map_number(service, number), map_number(second, number)
    assert first_row.is_inbound and not second_row.is_inbound
    choose_inbound(allocation=second_row)
    services.deallocate_number(allocation=second_row)
    first_row.refresh_from_db()
    assert first_row.is_inbound


def test_nobody_receives_over_a_one_way_sender_id(
    admin: Member, service: Service, new_number: Any
) -> None:
    mapping = map_number(service, new_number(admin, "sender_id", "NWBANK"))
    assert not mapping.is_inbound
    with pytest.raises(ValidationError, match="Nobody can answer"):
        choose_inbound(allocation=mapping)


def test_a_deleted_service_leaves_its_numbers_free(
    admin: Member, service: Service, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    map_number(service, number)
    services.delete_service(service=service)
    releasing.release_number(member=admin, number=number, typed="55555")


def test_the_page_maps_finds_and_removes_a_number(
    admin: Member, service: Service, asset_manager: Member, client_of: ClientOf, new_number: Any
) -> None:
    number = new_number(admin, "phone_number", "+447700900123")
    new_number(admin, "short_code", "55555")
    client, url = client_of(asset_manager), f"/services/{service.pk}/sms/"
    page = client.get(url, {"search": "900123"}).content.decode()
    assert "7700 900123" in page and "55555" not in page
    assert client.post(url, {"card": "number", "number": number.pk}).status_code == 302
    mapping = NumberAllocation.objects.get()
    removal = f"/services/{service.pk}/numbers/{mapping.pk}/remove/"
    assert "no longer sends" in client.get(removal).content.decode()
    assert client.post(removal).status_code == 302
    assert not NumberAllocation.objects.exists()


def test_the_inbound_tab_names_the_numbers_that_are_heard_here(
    admin: Member, service: Service, viewer: Member, client_of: ClientOf, new_number: Any
) -> None:
    map_number(service, new_number(admin, "short_code", "55555"))
    map_number(service, new_number(admin, "sender_id", "ONEWAY"))
    page = client_of(viewer).get(f"/services/{service.pk}/inbound/").content.decode()
    assert "55555" in page and "ONEWAY" not in page


def test_the_list_of_services_counts_each_number_once(
    admin: Member, service: Service, client_of: ClientOf, new_number: Any
) -> None:
    number = new_number(admin, "phone_number", "+447700900001", voice=True)
    map_number(service, number)
    map_number(service, number, "voice")
    map_number(service, new_number(admin, "short_code", "55555"))
    page = client_of(admin).get("/services/").content.decode()
    assert 'data-label="Numbers" class="cell-figure num">2<' in page


def test_viewers_see_the_numbers_and_map_none(
    admin: Member, service: Service, viewer: Member, client_of: ClientOf, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    map_number(service, number)
    client, url = client_of(viewer), f"/services/{service.pk}/sms/"
    page = client.get(url).content.decode()
    assert "55555" in page and "Map to this service" not in page
    assert client.post(url, {"card": "number", "number": number.pk}).status_code == 403


def test_rest_maps_lists_and_removes(
    admin: Member, service: Service, developer: Member, client_of: ClientOf, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    client, url = client_of(developer), f"/api/v1/services/{service.pk}/numbers/"
    made = client.post(url, {"number": str(number.pk)}, content_type="application/json")
    assert made.status_code == 201 and made.json()["is_inbound"] is True
    assert [row["value"] for row in client.get(url).json()["results"]] == ["55555"]
    again = client.post(url, {"number": str(number.pk)}, content_type="application/json")
    assert again.status_code == 400
    assert client.delete(f"{url}{made.json()['id']}/").status_code == 204


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.ADMIN, True),
        (Role.DEVELOPER, True),
        (Role.ASSET_MANAGER, True),
        (Role.VIEWER, False),
    ],
)
def test_who_allocates_and_removes_is_decided_by_the_role(
    admin: Member,
    service: Service,
    client_of: ClientOf,
    new_number: Any,
    role: Role,
    may: bool,
) -> None:
    client = client_of(make_member(service.organization, role))
    page, rest = f"/services/{service.pk}", f"/api/v1/services/{service.pk}/numbers/"
    codes = [
        map_number(service, new_number(admin, "short_code", str(55555 + n))) for n in (0, 1)
    ]
    free = new_number(admin, "short_code", "77777")
    body = {"number": str(free.pk)}
    statuses = [
        client.post(f"{page}/numbers/{codes[0].pk}/incoming/").status_code,
        client.post(f"{page}/numbers/{codes[0].pk}/remove/").status_code,
        client.delete(f"{rest}{codes[1].pk}/").status_code,
        client.post(rest, body, content_type="application/json").status_code,
    ]
    assert statuses == ([302, 302, 204, 201] if may else [403] * 4)
    left = set(NumberAllocation.objects.values_list("number__value", flat=True))
    assert left == ({"77777"} if may else {"55555", "55556"})


@pytest.mark.parametrize(
    ("whose", "constraint"), [("all", "for_all"), ("team", "per_team"), ("user", "per_user")]
)
@pytest.mark.django_db(transaction=True)
def test_of_two_sender_ids_at_once_the_database_takes_one(
    admin: Member,
    service: Service,
    team: Team,
    team_member: Member,
    new_number: Any,
    whose: str,
    constraint: str,
) -> None:
    holder = {"all": {}, "team": {"team": team}, "user": {"user": team_member.user}}[whose]
    numbers = [new_number(admin, "sender_id", value) for value in ("ONE", "TWO")]
    start, results = threading.Barrier(2), list[bool]()

    def insert(number: Any) -> None:
        """Insert the row itself: the constraint, not the lock of the service, decides."""
        start.wait(PATIENCE)
        row = NumberAllocation(
            service=service, number=number, kind="sender_id", channel="sms", **holder
        )
        try:
            row.save(force_insert=True)
            results.append(True)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(f"number_allocation_sender_{constraint}" not in str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=insert, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(results) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_mapping_and_releasing_at_once_never_both_happen(
    admin: Member, service: Service, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    start = threading.Barrier(2)

    def run(act: Callable[[], Any]) -> None:
        start.wait(PATIENCE)
        try:
            act()
        except (ValidationError, Blocked):
            pass
        finally:
            connection.close()

    acts: list[Callable[[], Any]] = [
        lambda: map_number(service, number),
        lambda: releasing.release_number(member=admin, number=number, typed="55555"),
    ]
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    number.refresh_from_db()
    assert NumberAllocation.objects.exists() != (number.state == "releasing")
