"""The rule that a master profile exists before its customer's devices register."""

import pytest

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Customer, Device
from tests.rtm.connect.conftest import WEB
from tests.rtm.connect.test_register import call


@pytest.fixture
def strict(admin: Member) -> App:
    """An app with the policy that an app has by default."""
    return apps.create_app(member=admin, name="Shop", channel_type="mobile_web", config=WEB)


@pytest.fixture
def key(strict: App) -> str:
    """Its client key."""
    return apps.current_client_key(strict).secret


@pytest.mark.parametrize("body", [{}, {"userId": "jane"}, {"customerId": "CRN-9"}])
def test_who_has_no_profile_is_refused_with_what_to_do(
    strict: App, key: str, body: dict[str, str]
) -> None:
    answer = call(strict.app_id, "register", key, deviceId="a", **body)
    assert (answer.status_code, answer.json()["code"]) == (404, "7")
    assert "create it with the Profile API first" in answer.json()["description"]
    assert not Device.objects.exists()
    assert not Customer.objects.exists()


@pytest.mark.parametrize("body", [{"userId": "CRN-1"}, {"userId": "x", "customerId": "CRN-1"}])
def test_who_has_a_profile_registers_and_is_linked_to_it(
    strict: App, key: str, admin: Member, body: dict[str, str]
) -> None:
    grace = create_customer(member=admin, customer_id="CRN-1", attributes={})
    answer = call(strict.app_id, "register", key, deviceId="a", **body)
    assert answer.json()["code"] == "0"
    assert Device.objects.get().customer == grace


def test_a_device_cannot_be_linked_to_a_profile_that_is_not_there(
    strict: App, key: str, admin: Member
) -> None:
    create_customer(member=admin, customer_id="CRN-1", attributes={})
    token = call(strict.app_id, "register", key, userId="CRN-1", deviceId="a").json()
    answer = call(
        strict.app_id, "setCustomerId", key, token["accessToken"],
        clientId=token["clientId"], customerId="CRN-2",
    )  # fmt: skip
    assert answer.json()["code"] == "7"
    assert Device.objects.get().customer.customer_id == "CRN-1"  # type: ignore[union-attr]


def test_a_device_that_changes_its_user_becomes_that_customers(
    strict: App, key: str, admin: Member
) -> None:
    for customer_id in ("CRN-1", "CRN-2"):
        create_customer(member=admin, customer_id=customer_id, attributes={})
    made = call(strict.app_id, "register", key, userId="CRN-1", deviceId="a").json()

    def become(user: str) -> tuple[str, str | None]:
        client_id = f"{strict.app_id}/{Device.objects.get().user_id}/a"
        token, named = made["accessToken"], {"clientId": client_id, "userId": user}
        code = call(strict.app_id, "setUserId", key, token, **named).json()["code"]
        customer = Device.objects.get().customer
        return code, customer and customer.customer_id

    assert become("CRN-2") == ("0", "CRN-2")
    assert become("jane") == ("0", "CRN-2"), "who has no profile stays the customer's"
    Device.objects.update(customer=None)
    assert become("bob") == ("7", None)
    assert Device.objects.get().user_id == "jane"


def test_a_profile_of_another_organization_does_not_count(
    strict: App, key: str, outsider: Member
) -> None:
    create_customer(member=outsider, customer_id="CRN-1", attributes={})
    answer = call(strict.app_id, "register", key, userId="CRN-1", deviceId="a")
    assert answer.json()["code"] == "7"


def test_the_rule_is_part_of_the_policy_that_a_person_changes(
    strict: App, admin: Member, client_of: object
) -> None:
    page = client_of(admin)  # type: ignore[operator]
    shown = page.get(f"/apps/{strict.pk}/").content.decode()
    assert "Register only customers who have a master profile" in shown
    limits = {"inactive_days": 30, "threads_per_user": 20}
    answers = {"card": "devices", **limits, "device_attributes": ["os", "location"]}
    assert page.post(f"/apps/{strict.pk}/", answers).status_code == 302
    files = {"card": "files", "media_days": 7, "media_megabytes": 50}
    assert page.post(f"/apps/{strict.pk}/", files).status_code == 302
    strict.refresh_from_db()
    policy = policy_of(strict)
    assert (policy.profile_required, policy.inactive_days) == (False, 30)
    assert policy.media_days == 7
    assert (policy.media_megabytes, policy.threads_per_user) == (50, 20)
    assert policy.device_attributes == ("os", "location")
