"""What Apple and Google document as a refusal, and what the platform calls it.

The tables are those of their pages; the clients' own are not read here.
"""

import asyncio
import datetime as dt
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from imiconnect.apps.push.clients.apns import ApnsClient
from imiconnect.apps.push.clients.fcm import FcmClient
from imiconnect.apps.push.clients.outcomes import Problem, PushError
from imiconnect.apps.push.credentials import ApnsToken, Fcm

CONTENT = (
    "BadCollapseId BadExpirationDate BadMessageId BadPriority DuplicateHeaders InvalidPushType "
    "MissingDeviceToken PayloadEmpty"
).split()
CREDENTIALS = (
    "BadCertificate BadCertificateEnvironment ExpiredProviderToken Forbidden "
    "InvalidProviderToken MissingProviderToken UnrelatedKeyIdInToken BadEnvironmentKeyIdInToken"
).split()
BY_APPLE = [
    *((400, reason, Problem.CONTENT) for reason in CONTENT),
    *((403, reason, Problem.CREDENTIALS) for reason in CREDENTIALS),
    *((400, reason, Problem.CREDENTIALS) for reason in ("BadTopic", "MissingTopic")),
    (400, "TopicDisallowed", Problem.CREDENTIALS),
    (400, "BadDeviceToken", Problem.GONE),
    (400, "DeviceTokenNotForTopic", Problem.FOREIGN),
    (400, "IdleTimeout", Problem.UNAVAILABLE),
    (404, "BadPath", Problem.CONTENT),
    (405, "MethodNotAllowed", Problem.CONTENT),
    (410, "Unregistered", Problem.GONE),
    (410, "ExpiredToken", Problem.GONE),
    (413, "PayloadTooLarge", Problem.TOO_LARGE),
    (429, "TooManyProviderTokenUpdates", Problem.THROTTLED),
    (429, "TooManyRequests", Problem.THROTTLED),
    (500, "InternalServerError", Problem.UNAVAILABLE),
    (503, "ServiceUnavailable", Problem.UNAVAILABLE),
    (503, "Shutdown", Problem.UNAVAILABLE),
]
BY_GOOGLE = [
    (400, "INVALID_ARGUMENT", Problem.CONTENT),
    (404, "UNREGISTERED", Problem.GONE),
    (403, "SENDER_ID_MISMATCH", Problem.FOREIGN),
    (429, "QUOTA_EXCEEDED", Problem.THROTTLED),
    (401, "THIRD_PARTY_AUTH_ERROR", Problem.CREDENTIALS),
    (401, "APNS_AUTH_ERROR", Problem.CREDENTIALS),
    (503, "UNAVAILABLE", Problem.UNAVAILABLE),
    (500, "INTERNAL", Problem.UNAVAILABLE),
]
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any) -> str:
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    text: bytes = key.private_bytes(serialization.Encoding.PEM, kind, plain)
    return text.decode()


def http_of(answer: httpx.Response) -> httpx.AsyncClient:
    """Return a connection on which each call but that for a token has this answer."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "ya29", "expires_in": 3599})
        return answer

    return httpx.AsyncClient(
        transport=httpx.MockTransport(handle), base_url="https://push.test"
    )


def by_apple(answer: httpx.Response) -> PushError:
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    credentials = ApnsToken(key=key, key_id="K" * 10, team_id="T" * 10, bundle="com.example")
    client = ApnsClient(
        base_url="https://push.test", credentials=credentials, http=http_of(answer)
    )
    with pytest.raises(PushError) as found:
        asyncio.run(client.send("ab" * 32, {"aps": {}}, headers={}))
    return found.value


def by_google(answer: httpx.Response) -> PushError:
    account = Fcm(key=pem(_RSA), key_id="1", project_id="p", client_email="a@p.example")
    client = FcmClient(
        base_url="https://push.test",
        token_url="https://push.test/token",
        credentials=account,
        http=http_of(answer),
    )
    with pytest.raises(PushError) as found:
        asyncio.run(client.send({"token": "x", "data": {}}))
    return found.value


@pytest.mark.parametrize(("status", "reason", "problem"), BY_APPLE)
def test_a_reason_of_apple(status: int, reason: str, problem: Problem) -> None:
    error = by_apple(httpx.Response(status, json={"reason": reason}))
    assert (error.problem, error.reason) == (problem, reason)


def test_apple_says_since_when_a_device_is_gone() -> None:
    answer = httpx.Response(
        410, json={"reason": "Unregistered", "timestamp": 1_700_000_000_000}
    )
    assert by_apple(answer).since == dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)


@pytest.mark.parametrize(("status", "code", "problem"), BY_GOOGLE)
def test_an_error_code_of_google(status: int, code: str, problem: Problem) -> None:
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": code}]
    error = by_google(httpx.Response(status, json={"error": {"details": details}}))
    assert (error.problem, error.reason) == (problem, code)
    assert (error.after is not None) is problem.retryable
