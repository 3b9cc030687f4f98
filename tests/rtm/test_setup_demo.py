"""The demonstration."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from imiconnect.accounts.models import Member, Organization, User
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.numbers.carriers.stock.demo import numbers_of
from imiconnect.numbers.models import RateCard, StockNumber
from imiconnect.numbers.numbering import region_of
from imiconnect.sharing.models import Service, ServiceKey
from imiconnect.vault import digest

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the command has written."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def written(folder: Path, module_rows: Any) -> dict[str, Any]:
    """The written file, after the command has run."""
    with module_rows(), override_settings(DATA_DIR=folder):
        call_command("setup_demo", numbers=1)
    read: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return read


@pytest.fixture
def demo(written: dict[str, Any], db: None, settings: Any, folder: Path) -> dict[str, Any]:
    """The same, in a test that may change rows."""
    settings.DATA_DIR = folder
    return written


def test_the_file_has_the_documented_keys(demo: dict[str, Any]) -> None:
    assert {"url", "accounts", "service_key", "profile_key", "app_id", "client_key"} <= set(
        demo
    )
    assert all(
        set(row) == {"email", "password", "role", "organization"} for row in demo["accounts"]
    )


def test_only_its_owner_reads_the_file(demo: dict[str, Any], settings: Any) -> None:
    assert (settings.DATA_DIR / "demo.json").stat().st_mode & 0o777 == 0o600


def test_every_role_is_at_each_level_of_both_organizations(demo: dict[str, Any]) -> None:
    kinds = Counter(
        (seat.organization.name, seat.level._meta.model_name, seat.role)
        for seat in Member.objects.select_related("organization", "group", "team")
    )
    assert len(kinds) == 2 * 3 * 4
    assert set(kinds.values()) == {1}


def test_everybody_signs_in_with_the_written_password(demo: dict[str, Any]) -> None:
    for row in [*demo["accounts"], demo["support"]]:
        assert User.objects.get(email=row["email"]).check_password(row["password"])


def test_the_admin_sees_the_dashboard(demo: dict[str, Any]) -> None:
    client, row = Client(), demo["accounts"][0]
    assert row["role"] == "Admin"
    client.post("/account/login/", {"login": row["email"], "password": row["password"]})
    assert client.get("/").status_code == 200


def test_the_service_is_live_and_uses_the_app(demo: dict[str, Any]) -> None:
    service = Service.objects.get(keys__digest=digest(demo["service_key"]))
    assert service.state == Service.State.LIVE
    assert service.allocations.get().app.app_id == demo["app_id"]


def test_the_app_takes_any_origin_and_the_client_key(demo: dict[str, Any]) -> None:
    app = App.objects.get(client_keys__digest=digest(demo["client_key"]))
    policy = policy_of(app)
    assert policy.allows_origin("https://anything.example")
    assert policy.client_key_as_password
    assert policy.retry_count > 0


def test_numbers_are_for_sale_in_every_country_with_a_price(demo: dict[str, Any]) -> None:
    priced = RateCard.objects.filter(monthly_rental__isnull=False)
    sold = StockNumber.objects.values_list("country", "number_type").distinct()
    assert len(sold) > 0.95 * priced.count()


def test_american_demo_numbers_are_of_several_areas(catalogue: None) -> None:
    rate = RateCard.objects.get(country="US", number_type="multi_function")
    areas = {e164[2:5] for e164 in numbers_of(rate, 24)}
    assert len(areas) > 3 and "415" in areas
    assert {region_of(e164) for e164 in numbers_of(rate, 24)} == {"US"}


def test_the_profile_key_is_the_one_of_the_organization(demo: dict[str, Any]) -> None:
    owner = Organization.objects.with_profile_key(demo["profile_key"])
    assert owner.name == demo["accounts"][0]["organization"]


def test_a_second_run_changes_nothing(demo: dict[str, Any], settings: Any) -> None:
    before = (settings.DATA_DIR / "demo.json").read_bytes()
    call_command("setup_demo", numbers=1)
    assert (settings.DATA_DIR / "demo.json").read_bytes() == before
    assert ServiceKey.objects.count() == 1


def test_the_service_sends_sms_from_a_number_of_each_kind(demo: dict[str, Any]) -> None:
    mapped = Service.objects.get().number_allocations.filter(channel="sms")
    assert {row.kind for row in mapped} == {
        "phone_number",
        "sender_id",
        "short_code",
        "keyword",
    }
