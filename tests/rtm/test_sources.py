"""Keys that work from some addresses only, at each door where a key is shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Organization
from imiconnect.accounts.services import set_profile_sources
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message
from imiconnect.sharing.models import Service
from imiconnect.sharing.services import set_sources
from tests.rtm.conftest import CLIENT_KEY, SERVICE_KEY
from tests.rtm.connect.profile_calls import PROFILES

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/resources/v1/messaging"
#: Where the tests' requests come from.
HERE, ELSEWHERE = "127.0.0.1", "203.0.113.7"


def test_a_message_from_another_address_is_refused_with_the_address(
    service: Service, intake: Any, order: Callable[..., Any]
) -> None:
    set_sources(service=service, sources=[ELSEWHERE])
    answer = intake.post(URL, json=order())
    assert answer.status_code == 403
    assert answer.json()["response"] == [
        {"code": "7010", "description": f"The service key may not be used from {HERE}."}
    ]
    assert not Message.objects.exists()


def test_a_message_from_an_allowed_network_is_taken(
    service: Service, intake: Any, order: Callable[..., Any]
) -> None:
    set_sources(service=service, sources=[ELSEWHERE, "127.0.0.0/8"])
    assert intake.post(URL, json=order()).status_code == 202


def test_a_client_behind_a_trusted_proxy_is_judged_by_its_own_address(
    service: Service, intake: Any, order: Callable[..., Any], settings: Any
) -> None:
    set_sources(service=service, sources=[ELSEWHERE])
    headers = {"X-Forwarded-For": ELSEWHERE}
    assert intake.post(URL, json=order(), headers=headers).status_code == 403
    settings.TRUSTED_PROXIES = 1
    assert intake.post(URL, json=order(), headers=headers).status_code == 202


def test_two_clients_of_one_batch_are_judged_each_by_its_address(
    service: Service, intake: Any, order: Callable[..., Any], settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    set_sources(service=service, sources=[ELSEWHERE])
    calls = [
        {
            "method": "POST",
            "url": URL,
            "json": order(),
            "headers": {"X-Forwarded-For": address},
        }
        for address in (ELSEWHERE, "198.51.100.9") * 10
    ]
    assert [answer.status_code for answer in intake.at_once(calls)] == [202, 403] * 10


def test_the_status_is_told_to_allowed_addresses_only(
    service: Service, intake: Any, order: Callable[..., Any]
) -> None:
    transid = intake.post(URL, json=order()).json()["response"][0]["transid"]
    set_sources(service=service, sources=[ELSEWHERE])
    refused = intake.get(f"{URL}/status/{transid}")
    assert (refused.status_code, refused.json()["response"][0]["code"]) == (403, "7010")
    set_sources(service=service, sources=[])
    assert intake.get(f"{URL}/status/{transid}").status_code == 200


def test_a_server_at_another_address_does_not_call_the_device_api(
    service: Service, rtm_app: App
) -> None:
    set_sources(service=service, sources=[ELSEWHERE])
    url = f"/rtmsAPI/api/v3/apps/{rtm_app.app_id}/topics"
    server = Client(headers={"secretKey": CLIENT_KEY, "key": SERVICE_KEY})
    refused = server.get(url)
    assert refused.status_code == 403
    assert HERE in refused.json()["description"]
    assert server.get(url, REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_the_profile_key_works_from_its_own_addresses(organization: Organization) -> None:
    set_profile_sources(organization=organization, sources=[ELSEWHERE])
    server = Client(headers={"key": organization.profile_key})
    url = PROFILES
    refused = server.get(url, {"customerId": "c"})
    assert refused.status_code == 403
    assert refused.json()["response"]["code"] == "7010"
    assert server.get(url, {"customerId": "c"}, REMOTE_ADDR=ELSEWHERE).status_code == 404
