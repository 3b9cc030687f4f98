"""FCM: the client against a double of Google's tokens and messages."""

import json
from typing import Any

import httpx
import pytest

from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.clients.fcm import FcmClient
from imiconnect.apps.push.clients.outcomes import (
    Problem,
    PushError,
    wait_of,
)
from imiconnect.sandbox.calls import Forgetful
from imiconnect.sandbox.fcm.service import Fcm
from tests.rtm.push.conftest import Served
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def accounts() -> dict[str, Any]:
    """Accounts that were given out: making a key takes time."""
    return {}


@pytest.fixture
def client(fcm: Served, accounts: dict[str, Any]) -> FcmClient:
    if not accounts:
        accounts.update(fcm.new_account("shop-1"))
    return client_with(accounts, fcm)


def client_with(account: dict[str, Any], fcm: Served) -> FcmClient:
    credentials = keyfiles.fcm(content=json.dumps(account).encode())
    token_url = f"{fcm.url}/token"
    return FcmClient(
        base_url=fcm.url, token_url=token_url, credentials=credentials, timeout=PATIENCE
    )


def message(token: str, **more: Any) -> dict[str, Any]:
    return {"token": token, "notification": {"title": "Hello", "body": "Parcel"}, **more}


async def refusal(client: FcmClient, sent: dict[str, Any]) -> PushError:
    with pytest.raises(PushError) as caught:
        await client.send(sent)
    await client.aclose()
    return caught.value


async def test_a_message_arrives_and_the_token_is_asked_for_once(
    fcm: Served, client: FcmClient
) -> None:
    token, before = fcm.new_device("shop-1"), len(fcm.memory.all("token"))
    for _time in range(3):
        taken = await client.send(message(token))
    await client.aclose()
    assert taken.provider_id.startswith("projects/shop-1/messages/")
    assert len(fcm.received(token)) == 3
    assert len(fcm.memory.all("token")) == before + 1


async def test_nothing_is_delivered_when_only_checked(fcm: Served, client: FcmClient) -> None:
    token = fcm.new_device("shop-1")
    await client.send(message(token), validate_only=True)
    await client.aclose()
    assert fcm.received(token) == []


@pytest.mark.parametrize(
    ("state", "problem", "after"),
    [
        ("dead", Problem.GONE, None),
        ("throttled", Problem.THROTTLED, 20),
        ("down", Problem.UNAVAILABLE, 60),
    ],
)
async def test_each_answer_is_a_problem_of_the_vocabulary(
    fcm: Served, client: FcmClient, state: str, problem: Problem, after: float | None
) -> None:
    token = fcm.new_device("shop-1")
    fcm.behave(token, state)
    error = await refusal(client, message(token))
    assert (error.problem, error.after) == (problem, after)


async def test_a_token_of_another_project_is_foreign(fcm: Served, client: FcmClient) -> None:
    error = await refusal(client, message(fcm.new_device("shop-2")))
    assert (error.problem, error.reason) == (Problem.FOREIGN, "SENDER_ID_MISMATCH")


async def test_a_malformed_token_is_gone_and_wrong_content_is_content(
    fcm: Served, client: FcmClient
) -> None:
    assert (await refusal(client, message("nonsense"))).problem is Problem.GONE


async def test_wrong_content_is_not_the_fault_of_the_device(
    fcm: Served, client: FcmClient
) -> None:
    wrong = message(fcm.new_device("shop-1"), data={"from": "us"})
    assert (await refusal(client, wrong)).problem is Problem.CONTENT


async def test_an_unknown_account_is_a_matter_of_credentials(fcm: Served) -> None:
    elsewhere = Fcm(Forgetful()).new_account("shop-1")
    error = await refusal(client_with(elsewhere, fcm), message("x"))
    assert error.problem is Problem.CREDENTIALS
    assert "invalid" in error.reason or "refused" in error.reason


async def test_a_second_key_of_a_project_leaves_the_first_in_force(
    fcm: Served, client: FcmClient
) -> None:
    fcm.new_account("shop-1")
    token = fcm.new_device("shop-1")
    await client.send(message(token))
    await client.aclose()
    assert len(fcm.received(token)) == 1


@pytest.mark.parametrize(
    ("answer", "problem", "after"),
    [
        (httpx.Response(429, headers={"retry-after": "7"}), Problem.THROTTLED, 7),
        (httpx.Response(429), Problem.THROTTLED, 60),
        (httpx.Response(408), Problem.UNAVAILABLE, 60),
        (httpx.Response(502), Problem.UNAVAILABLE, 60),
        (httpx.Response(200, html="<p>Sign in to the network</p>"), Problem.UNAVAILABLE, 60),
        (httpx.Response(401, json={"error": "invalid_client"}), Problem.CREDENTIALS, None),
    ],
)
async def test_only_a_refused_account_is_a_matter_of_credentials(
    fcm: Served,
    client: FcmClient,
    answer: httpx.Response,
    problem: Problem,
    after: float | None,
) -> None:
    google = httpx.MockTransport(lambda _request: answer)
    asking = FcmClient(
        base_url=fcm.url,
        token_url=f"{fcm.url}/token",
        credentials=client._credentials,
        http=httpx.AsyncClient(transport=google),
    )
    error = await refusal(asking, message("x"))
    assert (error.problem, error.after) == (problem, after)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17),
        ("99999999", 3600),
        (None, 60),
        ("soon", 60),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ],
)
def test_a_retry_after_is_a_number_or_a_date(header: str | None, seconds: float) -> None:
    assert wait_of(header) == seconds
