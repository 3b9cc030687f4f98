"""WeChat's signatures and encryption, against the vectors that Tencent publishes."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.apps.channel_types.wechat.config import new_aes_key, new_token
from imiconnect.apps.channel_types.wechat.crypto import (
    Undecipherable,
    decrypt,
    encrypt,
    is_signed,
    signature,
)

TOKEN, KEY, APPID = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
ENCRYPTED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJG"
    "QqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrf"
    "MZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgR"
    "tWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)


@pytest.mark.parametrize(
    ("stamp", "nonce", "expected"),
    [
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714112445", "415670741", "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
    ],
)
def test_the_signature_is_the_published_one(stamp: str, nonce: str, expected: str) -> None:
    assert signature(TOKEN, stamp, nonce) == expected


def test_the_signature_of_a_cipher_text_is_the_published_one() -> None:
    given_one = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    assert is_signed(given_one, TOKEN, "1714112445", "415670741", ENCRYPTED)


def test_the_published_push_is_deciphered() -> None:
    push = json.loads(decrypt(KEY, ENCRYPTED, APPID))
    assert (push["Event"], push["debug_str"]) == ("debug_demo", "hello world")


def test_the_published_answer_is_enciphered_to_the_letter() -> None:
    sealed = encrypt(KEY, b'{"demo_resp":"good luck"}', APPID, salt=b"707722b803182950")
    assert sealed == (
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )
    assert signature(TOKEN, "1713424427", "415670741", sealed) == (
        "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    )


def test_a_push_for_another_account_is_refused() -> None:
    with pytest.raises(Undecipherable):
        decrypt(KEY, ENCRYPTED, "wx0000000000000000")


@given(st.text())
def test_nothing_that_is_not_encrypted_is_deciphered(text: str) -> None:
    with pytest.raises(Undecipherable):
        decrypt(KEY, text, APPID)


@given(st.binary(max_size=300))
def test_what_is_enciphered_is_deciphered(message: bytes) -> None:
    key = new_aes_key()
    assert decrypt(key, encrypt(key, message, APPID), APPID) == message


def test_drawn_keys_have_the_shapes_that_wechat_takes() -> None:
    for _ in range(200):
        assert len(base64.b64decode(new_aes_key() + "=", validate=True)) == 32
        assert new_token().isalnum()
