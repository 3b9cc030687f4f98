"""APNs: the client against a double that checks tokens, headers and payloads."""

import datetime as dt
import ssl
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from imiconnect.apps.push.clients.apns import (
    ApnsClient,
    request_headers,
    tls_of,
)
from imiconnect.apps.push.clients.outcomes import Problem, PushError
from imiconnect.apps.push.credentials import ApnsCertificate, ApnsToken
from imiconnect.sandbox.apns.service import Apns
from imiconnect.sandbox.calls import Forgetful, asgi
from tests.rtm.push.conftest import Served, served
from tests.waiting import PATIENCE

TOPIC = "com.example.shop"
PAYLOAD: dict[str, Any] = {"aps": {"alert": {"title": "Hello", "body": "Your parcel"}}}


def client_of(apns: Served, **options: Any) -> ApnsClient:
    key = apns.new_key(TOPIC)
    credentials = ApnsToken(
        key=key.pem, key_id=key.key_id, team_id=key.team_id, bundle=TOPIC, gateway="sandbox"
    )
    return ApnsClient(base_url=apns.url, credentials=credentials, timeout=PATIENCE, **options)


def headers(**options: Any) -> dict[str, str]:
    return request_headers(tid=str(uuid.uuid4()), **options)


async def refusal(client: ApnsClient, token: str, **options: Any) -> PushError:
    payload = options.pop("payload", PAYLOAD)
    with pytest.raises(PushError) as caught:
        await client.send(token, payload, headers=headers(**options))
    await client.aclose()
    return caught.value


async def test_a_notification_arrives_with_its_headers(apns: Served) -> None:
    client, token = client_of(apns), apns.new_device(TOPIC)
    named = headers(expires_at=1_900_000_000, collapse_id="order-7")
    taken = await client.send(token, PAYLOAD, headers=named)
    await client.aclose()
    [note] = apns.received(token)
    assert taken.provider_id == named["apns-id"]
    assert note["payload"] == PAYLOAD
    assert note["headers"] == {**named, "apns-topic": TOPIC}


async def test_one_token_serves_many_notifications(apns: Served) -> None:
    now = [1_700_000_000.0]
    client = client_of(apns, clock=lambda: now[0])
    first = client._authorization()
    now[0] += 49 * 60
    assert client._authorization() == first
    now[0] += 2 * 60
    assert client._authorization() != first
    await client.aclose()


async def test_an_old_token_is_renewed_once_and_the_notification_sent(apns: Served) -> None:
    real = time.time()
    now = [real - 2 * 3600]
    client, token = client_of(apns, clock=lambda: now[0]), apns.new_device(TOPIC)
    client._authorization()
    now[0], client._made_at = real, real - 30 * 60  # As after the clock was set.
    await client.send(token, PAYLOAD, headers=headers())
    await client.aclose()
    assert len(apns.received(token)) == 1


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("dead", Problem.GONE),
        ("throttled", Problem.THROTTLED),
        ("down", Problem.UNAVAILABLE),
    ],
)
async def test_each_answer_is_a_problem_of_the_vocabulary(
    apns: Served, state: str, problem: Problem
) -> None:
    token = apns.new_device(TOPIC)
    apns.behave(token, state)
    error = await refusal(client_of(apns), token)
    assert error.problem is problem
    assert (error.after is not None) is problem.retryable
    assert (error.since is not None) is (problem is Problem.GONE)


async def test_a_token_of_another_app_is_foreign(apns: Served) -> None:
    error = await refusal(client_of(apns), apns.new_device("com.example.other"))
    assert (error.problem, error.reason) == (Problem.FOREIGN, "DeviceTokenNotForTopic")


async def test_an_unknown_key_is_a_matter_of_credentials(apns: Served) -> None:
    client = client_of(apns)
    key_id = client._credentials.key_id
    apns.memory.put("key", key_id, **{**apns.memory.get("key", key_id), "team": "OTHERTEAM1"})
    assert (await refusal(client, apns.new_device(TOPIC))).problem is Problem.CREDENTIALS


async def test_what_is_too_large_never_leaves(apns: Served) -> None:
    large = {"aps": {"alert": "x" * 4096}}
    token = apns.new_device(TOPIC)
    error = await refusal(client_of(apns), token, payload=large)
    assert error.problem is Problem.TOO_LARGE
    assert apns.received(token) == []


async def test_a_gateway_that_is_away_may_be_tried_again() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    credentials = ApnsToken(key=pem, key_id="K" * 10, team_id="T" * 10, bundle=TOPIC)
    client = ApnsClient(base_url="http://127.0.0.1:9", credentials=credentials, timeout=2)
    assert (await refusal(client, "ab")).problem is Problem.UNAVAILABLE


def self_signed(name: str, uid: str = "") -> tuple[bytes, bytes]:
    """Return a certificate and its key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    parts += [x509.NameAttribute(NameOID.USER_ID, uid)] if uid else []
    subject, now = x509.Name(parts), dt.datetime.now(dt.UTC)
    host = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return built.public_bytes(serialization.Encoding.PEM), pem


@pytest.fixture
def by_certificate(tmp_path: Path) -> Iterator[tuple[Served, ApnsCertificate, Path]]:
    """A gateway over TLS that asks for a certificate, and the one that it trusts."""
    server, client = self_signed("localhost"), self_signed("Apple Push", TOPIC)
    for name, content in {"cert": server[0], "key": server[1], "trusted": client[0]}.items():
        (tmp_path / name).write_bytes(content)
    apns = Apns(Forgetful(), by_certificate=True)
    options = {
        "certfile": str(tmp_path / "cert"),
        "keyfile": str(tmp_path / "key"),
        "ca_certs": str(tmp_path / "trusted"),
        "verify_mode": ssl.CERT_REQUIRED,
    }
    kept = ApnsCertificate(
        certificate=client[0].decode(),
        key=client[1].decode(),
        bundle=TOPIC,
        valid_until=dt.datetime.now(dt.UTC) + dt.timedelta(days=30),
    )
    with served(asgi(apns.answer), **options) as url:
        yield Served(apns, url.replace("127.0.0.1", "localhost")), kept, tmp_path / "cert"


async def test_a_certificate_proves_the_app_in_tls(
    by_certificate: tuple[Served, ApnsCertificate, Path],
) -> None:
    apns, credentials, authority = by_certificate
    token = apns.new_device(TOPIC)
    context = tls_of(credentials)
    context.load_verify_locations(authority)
    http = httpx.AsyncClient(base_url=apns.url, http1=False, http2=True, verify=context)
    client = ApnsClient(base_url=apns.url, credentials=credentials, http=http)
    await client.send(token, PAYLOAD, headers=headers())
    await client.aclose()
    assert len(apns.received(token)) == 1


async def test_without_the_certificate_tls_refuses(
    by_certificate: tuple[Served, ApnsCertificate, Path],
) -> None:
    apns, credentials, authority = by_certificate
    context = ssl.create_default_context(cafile=str(authority))
    http = httpx.AsyncClient(base_url=apns.url, http1=False, http2=True, verify=context)
    client = ApnsClient(base_url=apns.url, credentials=credentials, http=http)
    assert (await refusal(client, "ab")).problem is Problem.UNAVAILABLE
