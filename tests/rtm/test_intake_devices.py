"""``mo`` and ``deliveryupdate`` over REST, and which pages may call them."""

import asyncio
import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.housekeeping import delete_old
from imiconnect.rtm.intake import devices
from imiconnect.rtm.intake.app import intake_of_this_loop
from imiconnect.rtm.intake.http import Answer
from imiconnect.rtm.models import Device, Inbound, Receipt
from imiconnect.vault import digest

pytestmark = pytest.mark.django_db(transaction=True)

BASE = "/rtmsAPI/api/v3/NB12345678"
KEYS = {"secretkey": "a-client-key-of-the-tests"}
CLIENT = "NB12345678/u1/d1"


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_message_of_a_device_waits_for_the_processor(
    device: Device, intake: Any, version: str
) -> None:
    body = {"clientId": CLIENT, "channel": "rt", "message": "Hi"}
    url = f"{BASE}/mo".replace("v3", version)
    answer = intake.post(url, json=body, headers=KEYS).json()
    waiting = Inbound.objects.get()
    assert (answer["code"], answer["tid"]) == ("0", str(waiting.pk))
    assert (waiting.address, waiting.device_id, waiting.body) == ("u1", "d1", {"message": "Hi"})


def test_a_message_said_again_is_stored_once(device: Device, intake: Any) -> None:
    body = {"clientId": CLIENT, "message": "Hi", "clientRef": "r1"}
    first, again = (intake.post(f"{BASE}/mo", json=body, headers=KEYS) for _ in range(2))
    assert first.content == again.content
    assert str(Inbound.objects.get().pk) == first.json()["tid"]
    assert "clientRef" not in Inbound.objects.get().body


def test_a_message_said_many_times_at_once_is_stored_once(device: Device, intake: Any) -> None:
    body = {"clientId": CLIENT, "message": "Hi", "clientRef": "r1"}
    request = {"method": "POST", "url": f"{BASE}/mo", "json": body, "headers": KEYS}
    answers = intake.at_once([request] * 20)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["tid"] for answer in answers} == {str(Inbound.objects.get().pk)}


def test_two_connections_that_store_a_message_at_once_store_it_once(
    device: Device, intake: Any
) -> None:
    async def store() -> list[str]:
        pool = (await intake_of_this_loop())._pool

        async def said(number: int) -> str:
            ref = devices.Said(
                "NB12345678", (("u1", "d1"),), digest("a-client-key-of-the-tests"), "",
                timezone.now(), tids=(uuid7(),), body={"message": "Hi"}, ref=f"r{number % 2}",
            )  # fmt: skip
            async with pool.connection() as connection:
                (answer,) = await devices.write(connection, [ref])
            assert isinstance(answer, Answer)
            return str(json.loads(answer.body)["tid"])

        return await asyncio.gather(*(said(number) for number in range(8)))

    tids = intake.run(store())
    assert len(set(tids)) == 2
    assert {str(tid) for tid in Inbound.objects.values_list("pk", flat=True)} == set(tids)


def test_another_device_may_use_the_same_reference(device: Device, intake: Any) -> None:
    Device.objects.create(app=device.app, user_id="u1", device_id="d2")
    for client_id in (CLIENT, "NB12345678/u1/d2"):
        body = {"clientId": client_id, "message": "Hi", "clientRef": "r1"}
        intake.post(f"{BASE}/mo", json=body, headers=KEYS)
    assert Inbound.objects.count() == 2


def test_a_reference_is_kept_for_a_week(device: Device, intake: Any) -> None:
    body = {"clientId": CLIENT, "message": "Hi", "clientRef": "r1"}
    intake.post(f"{BASE}/mo", json=body, headers=KEYS)
    now = timezone.now()
    assert delete_old(now + dt.timedelta(days=6)) == 0
    assert delete_old(now + dt.timedelta(days=8)) == 1


def test_receipts_wait_for_the_processor(device: Device, intake: Any) -> None:
    tids = [str(uuid7()) for _ in range(3)]
    body = {"clientId": CLIENT, "status": 3, "tids": tids}
    assert intake.post(f"{BASE}/deliveryupdate", json=body, headers=KEYS).json()["code"] == "0"
    rows = Receipt.objects.values_list("tid", "kind", "address")
    assert {(str(tid), kind, user) for tid, kind, user in rows} == {(t, 3, "u1") for t in tids}


REFUSED: dict[str, tuple[dict[str, Any], str, int]] = {
    "no clientId": ({"clientId": ""}, "3", 400),
    "a clientId of another app": ({"clientId": "XX12345678/u1/d1"}, "4", 400),
    "a device that is not registered": ({"clientId": "NB12345678/u1/d2"}, "7", 404),
    "nothing said": ({"message": ""}, "3", 400),
    "a NUL": ({"message": "a\0b"}, "4", 400),
    "a list as message": ({"message": []}, "4", 400),
    "a long clientRef": ({"clientRef": "r" * 65}, "4", 400),
    "a clientRef of two lines": ({"clientRef": "a\nb"}, "4", 400),
    "a deep list": ({"extras": {"x": json.loads("[" * 40 + "]" * 40)}}, "4", 400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_message_gets_its_code(device: Device, intake: Any, case: str) -> None:
    parts, code, status = REFUSED[case]
    body = {"clientId": CLIENT, "message": "Hi"} | parts
    response = intake.post(f"{BASE}/mo", json=body, headers=KEYS)
    assert (response.json()["code"], response.status_code) == (code, status)
    assert response.json()["description"]
    assert not Inbound.objects.exists()


@pytest.mark.parametrize(
    ("path", "headers", "code", "status"),
    [
        (BASE, {}, "11", 401),
        (BASE, {"secretkey": "wrong"}, "26", 401),
        (BASE, KEYS | {"accesstoken": "wrong"}, "38", 401),
        ("/rtmsAPI/api/v3/ZZ12345678", KEYS, "5", 404),
    ],
)
def test_a_wrong_key_gets_its_code(
    device: Device, intake: Any, path: str, headers: dict[str, str], code: str, status: int
) -> None:
    client_id = f"{path.rsplit('/', 1)[1]}/u1/d1"
    body = {"clientId": client_id, "status": 2, "tid": str(uuid7())}
    response = intake.post(f"{path}/deliveryupdate", json=body, headers=headers)
    assert (response.json()["code"], response.status_code) == (code, status)
    assert not Receipt.objects.exists()


def test_the_access_token_is_needed_where_the_key_is_no_password(
    device: Device, intake: Any
) -> None:
    App.objects.update(policy={})
    token = digest("token")
    expires = timezone.now() + dt.timedelta(hours=1)
    Device.objects.update(access_token_digest=token, token_expires_at=expires)
    body = {"clientId": CLIENT, "message": "Hi"}

    def code(**more: str) -> str:
        return str(intake.post(f"{BASE}/mo", json=body, headers=KEYS | more).json()["code"])

    assert code() == "39"
    assert code(accesstoken="token") == "0"
    Device.objects.update(token_expires_at=timezone.now())
    assert code(accesstoken="token") == "40"


@pytest.mark.parametrize("suspended", [True, False])
def test_devices_of_a_suspended_organization_are_refused(
    device: Device, intake: Any, suspended: bool
) -> None:
    Organization.objects.update(is_active=not suspended)
    answers = [
        intake.post(f"{BASE}/{action}", json={"clientId": CLIENT, **said}, headers=KEYS)
        for action, said in (
            ("mo", {"message": "Hi"}),
            ("deliveryupdate", {"status": 2, "tid": str(uuid7())}),
        )
    ]
    assert {answer.status_code for answer in answers} == {403 if suspended else 200}
    assert Inbound.objects.count() + Receipt.objects.count() == (0 if suspended else 2)


def test_a_page_of_an_allowed_site_may_be_a_device(device: Device, intake: Any) -> None:
    asked = {"origin": "https://a.test", "access-control-request-method": "POST"}
    preflight = intake.request("OPTIONS", f"{BASE}/mo", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "https://a.test"
    assert "secretkey" in preflight.headers["access-control-allow-headers"].lower()
    body = {"clientId": CLIENT, "message": "Hi"}
    response = intake.post(f"{BASE}/mo", json=body, headers=KEYS | asked)
    assert response.headers["access-control-allow-origin"] == "https://a.test"


def test_a_page_of_another_site_may_not(device: Device, intake: Any) -> None:
    asked = {"origin": "https://b.test", "access-control-request-method": "POST"}
    preflight = intake.request("OPTIONS", f"{BASE}/mo", headers=asked)
    assert "access-control-allow-origin" not in preflight.headers
    assert preflight.headers["vary"] == "Origin"


def test_a_nonsense_origin_is_a_foreign_one(device: Device, intake: Any) -> None:
    body, asked = {"clientId": CLIENT, "message": "Hi"}, {"origin": "http://["}
    response = intake.post(f"{BASE}/mo", json=body, headers=KEYS | asked)
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_an_encoded_client_id_means_the_same_device(rtm_app: App, intake: Any) -> None:
    Device.objects.create(app=rtm_app, user_id="jo.smith", device_id="d 1")
    body = {"clientId": "NB12345678/jo%2Esmith/d%201", "message": "Hi"}
    assert intake.post(f"{BASE}/mo", json=body, headers=KEYS).status_code == 200
    waiting = Inbound.objects.get()
    assert (waiting.address, waiting.device_id) == ("jo.smith", "d 1")


def test_the_own_pages_may_be_devices_of_every_app(device: Device, intake: Any) -> None:
    asked = {"origin": "http://gateway.test", "access-control-request-method": "POST"}
    preflight = intake.request("OPTIONS", f"{BASE}/mo", headers=asked)
    assert preflight.headers["access-control-allow-origin"] == "http://gateway.test"
