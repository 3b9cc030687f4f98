"""The Profile API: batches with partial success, and app profiles."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.models import Customer, ProfileBatch
from tests.rtm.connect.conftest import MakeDevice
from tests.rtm.connect.profile_calls import PROFILES as URL
from tests.rtm.connect.profile_calls import Call, result_of


def test_a_batch_makes_what_it_can_and_says_what_it_could_not(
    call: Call, organization: Organization
) -> None:
    Customer.objects.create(organization=organization, customer_id="old", attributes={"a": 1})
    records = [
        {"customerId": "new", "Attributes": {"name": "Jane", "email": "jane@example.test"}},
        {"customerId": "old", "Attributes": {"a": 2}},
        {"customerId": "new"},
        {"customerId": ""},
        {"Attributes": {}},
        "x",
        {"customerId": 5},
        {"customerId": "x" * 101},
        {"customerId": "nul\0"},
        {"customerId": "deep", "Attributes": {"x": "\0"}},
        {"customerId": "list", "Attributes": []},
        {"customerId": "large", "Attributes": {"x": "y" * 33_000}},
    ]
    result = result_of(call, call("POST", records))
    codes = [row["code"] for row in result["Results"]]
    assert codes == ["1000", "7015", "7015"] + ["7011"] * 9
    assert (result["code"], result["TotalCount"]) == ("1002", 12)
    assert (result["SuccessCount"], result["FailureCount"]) == (1, 11)
    assert Customer.objects.get(customer_id="old").attributes == {"a": 1}
    assert AuditEntry.objects.filter(action="customers.created").count() == 1


def test_profiles_are_read_changed_and_deleted(call: Call) -> None:
    call("POST", [{"customerId": "c1", "Attributes": {"name": "Jane", "age": 5}}])
    changed = call("PUT", [{"customerId": "c1", "Attributes": {"age": None, "city": "Bern"}}])
    assert result_of(call, changed)["code"] == "1000"
    profile = call("GET", customerId="c1").json()["Records"][0]
    values = {entry["Name"]: entry["Value"] for entry in profile["Attributes"]}
    assert values == {"name": "Jane", "city": "Bern"}
    assert result_of(call, call("DELETE", customerId="c1"))["code"] == "1000"
    assert call("GET", customerId="c1").status_code == 404


def test_a_profile_grows_no_larger_than_one_may_be(call: Call) -> None:
    """32 KB, and names of 100 characters: conditions and pages read all of it."""
    half = "x" * 17_000
    call("POST", [{"customerId": "c1", "Attributes": {"a": half, "nothing": None}}])
    changes = [{"b": half}, {"n" * 101: 1}, {" ": 1}, {"a": None, "b": half}]
    records = [{"customerId": "c1", "Attributes": change} for change in changes]
    told = result_of(call, call("PUT", records))
    assert [row["code"] for row in told["Results"]] == ["7011", "7011", "7011", "1000"]
    assert Customer.objects.get().attributes == {"b": half}
    new = [{"customerId": "c2", "Attributes": {"n" * 101: 1}}, {"customerId": "c2"}]
    told = result_of(call, call("POST", new))
    assert [row["code"] for row in told["Results"]] == ["7011", "1000"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_batch_of_unknown_profiles_fails_as_a_whole(call: Call, method: str) -> None:
    result = result_of(call, call(method, [{"customerId": "nobody"}]))
    assert (result["code"], result["Results"][0]["code"]) == ("7004", "7014")


def test_a_batch_has_at_most_100_records(call: Call) -> None:
    hundred = [{"customerId": f"c{number}"} for number in range(100)]
    assert result_of(call, call("POST", hundred))["SuccessCount"] == 100
    answer = call("POST", [*hundred, {"customerId": "c100"}])
    assert (answer.status_code, answer.json()["response"]["code"]) == (400, "7012")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "7003"), (b"{", "7000"), (b"[]", "7003"), (b"{}", "7003"), (b"\xff", "7000"),
        (b'{"Records": {}}', "7003"), (b'{"Records": []}', "7003"), (b"[" * 99999, "7000"),
    ],
)  # fmt: skip
def test_a_bad_body_gets_its_code(organization: Organization, body: bytes, code: str) -> None:
    client = Client(headers={"key": organization.profile_key})
    answer = client.post(URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["response"]["code"]) == (400, code)


@pytest.mark.parametrize(("key", "code"), [("", "7002"), ("wrong", "7001")])
def test_the_key_is_checked(db: None, key: str, code: str) -> None:
    answer = Client(headers={"key": key} if key else {}).get(URL, {"customerId": "c"})
    assert (answer.status_code, answer.json()["response"]["code"]) == (401, code)


def test_a_fault_of_ours_gets_its_code(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_fields: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(ProfileBatch.objects, "create", broken)
    answer = call("POST", [{"customerId": "c1"}])
    assert (answer.status_code, answer.json()["response"]["code"]) == (500, "7006")
    assert "secret" not in answer.content.decode()
    assert not Customer.objects.exists()


def test_another_organization_sees_nothing(
    call: Call, app: App, other_organization: Organization, make_device: MakeDevice
) -> None:
    batch = call("POST", [{"customerId": "c1"}]).json()["response"]["transid"]
    make_device()
    stranger = Client(headers={"key": other_organization.profile_key})
    assert stranger.get(URL, {"customerId": "c1"}).status_code == 404
    assert stranger.get(f"{URL}/status/{batch}").status_code == 404
    assert stranger.get(f"/resources/v2/customerappprofile/{app.app_id}").status_code == 404
    assert stranger.get(f"{URL}/status/x").status_code == 404
