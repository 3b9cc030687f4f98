"""Signatures of Meta: the vectors of the fact sheet, and a second implementation."""

import subprocess

import pytest

from imiconnect.apps.channel_types.facebook.inbound import is_signed

SECRET = "test_app_secret"
VECTORS = [
    (
        rb'{"object":"page","entry":[{"id":"1","time":1,"messaging":[]}]}',
        "231868f9ac6f7a304cc336397814a89c3d9bf5f61ce3f5b5e9392ea523f42aa4",
    ),
    (
        rb'{"text":"\u00e4"}',
        "b57f4327e59118e07d95bdd54d114131251f3537026f50a5d4df2ce74c1baf7e",
    ),
]


@pytest.mark.parametrize(("body", "signature"), VECTORS)
def test_the_vectors_pass(body: bytes, signature: str) -> None:
    assert is_signed(SECRET, body, {"x-hub-signature-256": f"sha256={signature}"})


@pytest.mark.parametrize(("body", "signature"), VECTORS)
def test_openssl_agrees(body: bytes, signature: str) -> None:
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET],
        input=body, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert said.split()[-1] == signature


def test_a_body_that_was_written_anew_is_refused() -> None:
    signature = VECTORS[1][1]
    body = '{"text":"ä"}'.encode()
    assert not is_signed(SECRET, body, {"x-hub-signature-256": f"sha256={signature}"})


@pytest.mark.parametrize("given", ["", "sha256=", "sha1=abc", "sha256=ä"])
def test_no_signature_and_no_secret_are_refused(given: str) -> None:
    assert not is_signed(SECRET, b"{}", {"x-hub-signature-256": given})
    assert not is_signed("", b"{}", {"x-hub-signature-256": given})
