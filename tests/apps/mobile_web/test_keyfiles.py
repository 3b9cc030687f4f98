"""Reading key files: what is kept of a right one, and what is said of a wrong one."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.credentials import facts_of
from tests.apps.mobile_web.conftest import PASSWORD, MakeP12, pem_of

TOKEN: dict[str, Any] = {
    "key_id": "ABC123DEFG",
    "team_id": "TEAM123456",
    "bundle": "com.example.shop",
    "gateway": "production",
}


def problem(call: Any, **values: Any) -> dict[str, list[str]]:
    """Return what is said, by field."""
    with pytest.raises(ValidationError) as caught:
        call(**values)
    return caught.value.message_dict


def test_an_apns_key_is_kept_with_its_ids(p8: bytes) -> None:
    kept = keyfiles.apns_token(content=p8, **TOKEN)
    assert kept.key == p8.decode()
    assert facts_of(kept) == {"method": "apns_token", **TOKEN}


def test_the_key_id_is_taken_from_the_name_of_the_file(p8: bytes) -> None:
    named = TOKEN | {"key_id": ""}
    kept = keyfiles.apns_token(content=p8, filename="AuthKey_XYZ987XYZ9.p8", **named)
    assert kept.key_id == "XYZ987XYZ9"


def test_a_key_id_of_another_file_is_said(p8: bytes) -> None:
    said = problem(keyfiles.apns_token, content=p8, filename="AuthKey_XYZ987XYZ9.p8", **TOKEN)
    assert said == {"key_id": ["Key ID must be that of the file, XYZ987XYZ9."]}


@pytest.mark.parametrize("field", ["key_id", "team_id", "bundle", "gateway"])
def test_each_wrong_field_of_an_apns_key_is_named(p8: bytes, field: str) -> None:
    assert list(problem(keyfiles.apns_token, content=p8, **TOKEN | {field: "x"})) == [field]


def test_another_file_than_a_p8_is_called_by_its_name(
    make_p12: MakeP12, account: bytes, rsa_key: rsa.RSAPrivateKey
) -> None:
    files = {
        "This is an empty file.": b"",
        "This is a JSON file.": account,
        "This is a certificate in binary form.": make_p12(),
        "This is a file of another kind.": b"hello",
        "This is a certificate without": b"-----BEGIN CERTIFICATE-----",
        "This is a property list": b"<?xml?><plist>",
        "This private key is of another kind": pem_of(rsa_key),
    }
    for sentence, content in files.items():
        said = problem(keyfiles.apns_token, content=content, **TOKEN)
        assert said["file"][0].startswith(sentence)


def test_a_certificate_tells_its_bundle_and_end(make_p12: MakeP12) -> None:
    kept = keyfiles.apns_certificate(
        content=make_p12(days=100), password=PASSWORD, gateway="production"
    )
    assert kept.bundle == "com.example.shop"
    assert 99 <= (kept.valid_until - kept.valid_until.now(kept.valid_until.tzinfo)).days <= 100
    assert PASSWORD not in str(kept)


def test_each_wrong_certificate_is_said(make_p12: MakeP12, p8: bytes) -> None:
    cases = [
        ({"content": p8}, "file", "This is a private key."),
        ({"password": "wrong"}, "password", "This password does not open the file."),
        ({"content": make_p12(with_key=False)}, "file", "The file has no private key."),
        ({"content": make_p12(days=-1)}, "file", "The certificate was valid until"),
        ({"content": make_p12(bundle="")}, "file", "This is no certificate for Apple's push"),
        (
            {"content": make_p12(oid="1.2.840.113635.100.6.3.1")},
            "gateway",
            "The certificate is for the sandbox alone",
        ),
    ]
    right = {"content": make_p12(), "password": PASSWORD, "gateway": "production"}
    for change, field, sentence in cases:
        said = problem(keyfiles.apns_certificate, **right | change)
        assert said[field][0].startswith(sentence), change


def test_a_service_account_is_kept_without_its_key_in_the_facts(account: bytes) -> None:
    kept = keyfiles.fcm(content=account)
    assert facts_of(kept) == {
        "method": "fcm",
        "key_id": "abc123",
        "project_id": "shop-1",
        "client_email": "push@shop-1.iam.gserviceaccount.com",
    }


def test_each_wrong_json_is_said(account: bytes) -> None:
    right = json.loads(account)
    other = pem_of(ec.generate_private_key(ec.SECP256R1())).decode()
    cases = {
        "This is a server key": b"AAAAabc:APA91bxyz",
        "This is google-services.json": b'{"project_info": {}}',
        "This is an OAuth client": b'{"installed": {}}',
        "This JSON is no service account": b'{"type": "user"}',
        "The file lacks client_email": json.dumps(right | {"client_email": ""}).encode(),
        "The private key in the file cannot": json.dumps(right | {"private_key": "x"}).encode(),
        "The private key in the file is not an RSA": json.dumps(
            right | {"private_key": other}
        ).encode(),
        "The project_id in the file": json.dumps(right | {"project_id": "../x"}).encode(),
        "This is a file of another kind": b"\xff\xfe",
    }
    for sentence, content in cases.items():
        assert problem(keyfiles.fcm, content=content)["file"][0].startswith(sentence)


@given(st.binary(max_size=400))
def test_no_file_breaks_the_readers(content: bytes) -> None:
    problem(keyfiles.apns_token, content=content, **TOKEN)
    problem(keyfiles.apns_certificate, content=content, password="", gateway="sandbox")
    problem(keyfiles.fcm, content=content)


@pytest.mark.parametrize(
    ("site", "allowed"),
    [
        ("https://shop.example", True),
        ("http://localhost:3000", True),
        ("http://127.0.0.1", True),
        ("http://shop.example", False),
        ("http://localhost.evil.example", False),
        ("ftp://shop.example", False),
        ("https://", False),
        ("https://user@shop.example", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_site_must_be_secure_or_local(site: str, allowed: bool) -> None:
    values = {"icon_url": "", "contact": "ops@shop.example"}
    if allowed:
        assert keyfiles.web_push(site_url=site, **values).site_url == site
    else:
        assert list(problem(keyfiles.web_push, site_url=site, **values)) == ["site_url"]


def test_a_contact_that_no_vapid_token_can_name_is_refused() -> None:
    values = {"icon_url": "", "contact": "ops@[127.0.0.1]"}
    found = problem(keyfiles.web_push, site_url="https://shop.example", **values)
    assert list(found) == ["contact"]


def test_vapid_keys_are_a_pair_and_stay_when_the_site_changes() -> None:
    values = {"icon_url": "", "contact": "ops@shop.example"}
    first = keyfiles.web_push(site_url="https://a.example", **values)
    second = keyfiles.web_push(site_url="https://b.example", **values, before=first)
    assert (first.key, first.public_key) == (second.key, second.public_key)
    raw = base64.urlsafe_b64decode(first.key + "=")
    numbers = ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()).public_key()
    point = base64.urlsafe_b64decode(first.public_key + "=")
    assert point[0] == 4
    assert int.from_bytes(point[1:33]) == numbers.public_numbers().x
