"""The Profile API of app profiles: devices of a mobile app, contacts of other channels."""

import pytest

from imiconnect.accounts.models import Member, Organization
from imiconnect.apps.models import App
from imiconnect.rtm.connect.registration import (
    Link,
    Profile,
    register_device,
    set_customer_id,
)
from imiconnect.rtm.connect.registration import unregister_device as unregister
from imiconnect.rtm.models import Contact, Customer, Device, PushAddress
from tests.rtm.connect.conftest import MakeDevice
from tests.rtm.connect.profile_calls import Call, caller, codes_of, values_of


@pytest.fixture
def url(app: App) -> str:
    return f"/resources/v2/customerappprofile/{app.app_id}"


@pytest.fixture
def fb(admin: Member) -> App:
    """A Facebook app."""
    made: App = App.objects.create(
        organization=admin.organization,
        name="Page",
        channel_type="facebook",
    )
    return made


@pytest.fixture
def fb_url(fb: App) -> str:
    return f"/resources/v2/customerappprofile/{fb.app_id}"


@pytest.fixture
def jane(organization: Organization) -> Customer:
    """The customer c1."""
    made: Customer = Customer.objects.create(
        organization=organization, customer_id="c1", attributes={"name": "Jane"}
    )
    return made


def _record(customer_id: str = "c1", **attributes: object) -> dict[str, object]:
    return {"customerId": customer_id, "Attributes": attributes}


def test_app_profiles_are_made_for_customers_with_a_master_profile(
    call: Call, url: str, app: App, jane: Customer
) -> None:
    records = [
        _record(userId="jane", deviceId="phone", os="Android", city="Bern"),
        _record(userId="jane", deviceId="phone"),
        _record("stranger", userId="bob"),
        _record(userId="a/b"),
        _record(userId=5),
        _record(city="Bern"),
        _record(userId="jane", deviceId="other", channel="fb"),
        _record(userId="jane", deviceId="bad push", os="android", pushId="no token"),
        _record(userId="jane", deviceId="long push", os="android", pushId="x" * 5000),
        "x",
    ]
    answer = call("POST", records, url)
    assert codes_of(call, answer) == ["1000", "7015", "7018"] + ["7011"] * 7
    device = Device.objects.get(app=app)
    assert (device.customer, device.platform) == (jane, "android")
    assert device.attributes == {"os": "Android", "city": "Bern"}


def test_a_device_that_is_registered_later_keeps_what_was_told_before(
    call: Call, url: str, app: App, jane: Customer
) -> None:
    call("POST", [_record(userId="jane", deviceId="phone", city="Bern")], url)
    done = register_device(app=app, user_id="jane", device_id="phone", profile=Profile())
    assert (done.device.customer, done.device.attributes) == (jane, {"city": "Bern"})


def test_a_device_that_signed_off_can_be_made_again(
    call: Call, url: str, app: App, jane: Customer, make_device: MakeDevice
) -> None:
    make_device("jane", "phone")
    unregister(device=Device.objects.get(app=app))
    record = _record(userId="jane", deviceId="phone")
    assert codes_of(call, call("POST", [record], url)) == ["1000"]
    assert len(call("GET", url=url).json()["Records"]) == 1


def test_a_push_token_reaches_the_device(call: Call, url: str, jane: Customer) -> None:
    record = _record(userId="jane", deviceId="phone", os="android", pushId="abc:def")
    assert codes_of(call, call("POST", [record], url)) == ["1000"]
    assert PushAddress.objects.get().device.user_id == "jane"


def test_an_app_profile_is_read_with_its_customer(
    call: Call, url: str, app: App, jane: Customer, make_device: MakeDevice
) -> None:
    make_device("jane", "one"), make_device("jane", "two"), make_device("bob")
    set_customer_id(device=Device.objects.get(device_id="one"), link=Link("c1"))
    assert len(call("GET", url=url).json()["Records"]) == 3
    rows = call("GET", url=url, identifier="jane").json()["Records"]
    assert {values_of(row)["rtmId"]: values_of(row)["customerId"] for row in rows} == {
        "jane_one": "c1",
        "jane_two": "",
    }
    found = call("GET", url=f"{url}/c1").json()
    assert (found["code"], len(found["Records"])) == ("1000", 1)
    store = found["Records"][0]["OutwardLinks"][0]
    assert store["ProfileId"] == str(jane.pk)
    assert {row["Name"]: row["Value"] for row in store["Records"]} == {
        "customerId": "c1",
        "name": "Jane",
    }
    links = call("GET", customerId="c1").json()["Records"][0]["InwardLinks"]
    assert links == [
        {"AppId": app.app_id, "Channel": "rt", "Identifier": "jane", "DeviceId": "one"}
    ]


def test_an_update_merges_and_links_what_is_nobodys(
    call: Call, url: str, app: App, jane: Customer, make_device: MakeDevice
) -> None:
    make_device("jane", "phone")
    assert codes_of(call, call("PUT", [_record(userId="jane", a=1, b=2)], url)) == ["1000"]
    assert codes_of(call, call("PUT", [_record(a=None, status="0")], url)) == ["1000"]
    device = Device.objects.get(app=app)
    assert (device.customer, device.attributes) == (jane, {"b": 2})


def test_an_update_leaves_the_app_profile_of_another_customer(
    call: Call, url: str, organization: Organization, jane: Customer, make_device: MakeDevice
) -> None:
    make_device("jane", "phone")
    call("PUT", [_record(userId="jane", a=1)], url)
    Customer.objects.create(organization=organization, customer_id="c2")
    records = [_record("c2", userId="jane", a=2), _record("c2"), _record(userId="nobody")]
    assert codes_of(call, call("PUT", records, url)) == ["7018"] * 3
    assert Device.objects.get().attributes == {"a": 1}


def test_app_profiles_are_deleted_by_user_customer_and_device(
    call: Call, url: str, app: App, jane: Customer, make_device: MakeDevice
) -> None:
    for name in ("one", "two", "three", "four"):
        make_device("jane", name)
    set_customer_id(device=Device.objects.get(device_id="three"), link=Link("c1"))
    calls = [
        call("DELETE", url=url, identifier="jane", deviceid="one"),
        call("DELETE", url=f"{url}/jane/two"),
        call("DELETE", url=f"{url}/c1/four"),
        call("DELETE", url=f"{url}/c1/three"),
        call("DELETE", [_record("nobody")], url),
    ]
    codes = [codes_of(call, answer)[0] for answer in calls]
    assert codes == ["1000", "1000", "7014", "1000", "7014"]
    assert [row.device_id for row in Device.objects.filter(app=app)] == ["four"]
    assert call("DELETE", url=url).json()["response"]["code"] == "7003"


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("", {"identifier": "nobody"}, "7014"),
        ("/nobody", {}, "7014"),
        ("/%00", {}, "7014"),
        ("", {"identifier": "\0"}, "7011"),
    ],
)
def test_an_app_profile_that_is_not_there_gets_its_code(
    call: Call, url: str, path: str, query: dict[str, str], code: str
) -> None:
    assert call("GET", url=f"{url}{path}", **query).json()["response"]["code"] == code


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_app_of_another_organization_is_none(
    url: str, other_organization: Organization, method: str
) -> None:
    stranger = caller(other_organization.profile_key)
    answer = stranger(method, [_record(userId="x")], url)
    assert (answer.status_code, answer.json()["response"]["code"]) == (404, "7018")


def test_a_contact_of_facebook_is_made_read_changed_and_deleted(
    call: Call, fb: App, fb_url: str, jane: Customer
) -> None:
    told = _record(psid="165", channel="fb", name="Jane Doe", locale="en_US", status="1")
    assert codes_of(call, call("POST", [told, told], fb_url)) == ["1000", "7015"]
    assert codes_of(call, call("PUT", [_record(locale=None, gender="f")], fb_url)) == ["1000"]
    contact = Contact.objects.get()
    assert contact.profile == {"name": "Jane Doe", "gender": "f"}
    shown = values_of(call("GET", url=fb_url, identifier="165").json()["Records"][0])
    assert (shown["psid"], shown["channel"], shown["customerId"]) == ("165", "fb", "c1")
    links = call("GET", customerId="c1").json()["Records"][0]["InwardLinks"]
    assert links == [{"AppId": fb.app_id, "Channel": "fb", "Identifier": "165"}]
    assert codes_of(call, call("DELETE", url=fb_url, identifier="165")) == ["1000"]
    assert not Contact.objects.exists()


def test_a_device_is_no_contact_to_delete(
    call: Call, fb: App, fb_url: str, jane: Customer
) -> None:
    for name in ("one", "two"):
        Contact.objects.create(app=fb, address=name, customer=jane)
    assert codes_of(call, call("DELETE", [_record(deviceId="phone")], fb_url)) == ["7011"]
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("address", ["", "x" * 129, "a\nb", None])
def test_a_contact_needs_an_address(
    call: Call, fb_url: str, jane: Customer, address: object
) -> None:
    assert codes_of(call, call("POST", [_record(psid=address)], fb_url)) == ["7011"]
