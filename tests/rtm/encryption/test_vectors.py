"""The scheme against published vectors and against another implementation."""

import base64
import json
import shutil
import subprocess
from typing import Any

import pytest

from imiconnect.rtm.protocol.sealing import Unreadable, seal, unseal, user_key

# NIST SP 800-38A, F.2.5: CBC-AES256.Encrypt.
KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
IV = bytes(range(16))
PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
CIPHER = bytes.fromhex(
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
    "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
)
NODE = shutil.which("node")
#: Encrypts or decrypts with node's own OpenSSL, and derives a key.
SCRIPT = """
const crypto = require('node:crypto');
const { key, app, info, text, sealed } = JSON.parse(require('node:fs').readFileSync(0));
const k = Buffer.from(key, 'base64');
const iv = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const cipher = crypto.createCipheriv('aes-256-cbc', k, iv);
const made = Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64');
const raw = Buffer.from(sealed, 'base64');
const decipher = crypto.createDecipheriv('aes-256-cbc', k, raw.subarray(0, 16));
const opened = Buffer.concat([decipher.update(raw.subarray(16)), decipher.final()]).toString();
const derived = crypto.hkdfSync('sha256', Buffer.from(app, 'base64'), '', info, 32);
console.log(JSON.stringify({ made, opened, derived: Buffer.from(derived).toString('base64') }));
"""


def test_the_published_vector_holds() -> None:
    sealed = base64.b64decode(seal(KEY, PLAIN, IV))
    assert sealed[:16] == IV
    assert sealed[16:80] == CIPHER
    assert len(sealed) == 96, "a block of padding follows whole blocks"
    assert unseal([KEY], base64.b64encode(sealed)) == PLAIN


@pytest.mark.skipif(NODE is None, reason="needs node")
@pytest.mark.parametrize("text", ["", "Hi", "sixteen bytes ok", "Grüße, 世界 🙂" * 50])
def test_nodes_implementation_says_the_same(text: str) -> None:
    app = bytes(range(32))
    sent = {
        "key": base64.b64encode(KEY).decode(),
        "app": base64.b64encode(app).decode(),
        "info": "imiconnect payload key/NB12345678/u1",
        "text": text,
        "sealed": seal(KEY, text.encode()).decode(),
    }
    told = subprocess.run(
        [str(NODE), "-e", SCRIPT],
        input=json.dumps(sent).encode(),
        capture_output=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(told.stdout)
    assert answer["made"] == seal(KEY, text.encode(), IV).decode()
    assert answer["opened"] == text
    assert base64.b64decode(answer["derived"]) == user_key(app, "NB12345678", "u1")


def test_no_two_payloads_are_alike() -> None:
    assert seal(KEY, b"Hi") != seal(KEY, b"Hi")


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"{}", b"not base64 !", base64.b64encode(b"x" * 16), base64.b64encode(b"x" * 33),
        base64.b64encode(IV + CIPHER[:16]), "ü",
    ],
)  # fmt: skip
def test_what_is_not_encrypted_with_the_key_is_refused(wrong: bytes | str) -> None:
    with pytest.raises(Unreadable):
        unseal([KEY], wrong)


def test_each_user_has_a_key_of_their_own() -> None:
    keys = {user_key(KEY, app, user) for app in ("AA1", "AA2") for user in ("u1", "u2")}
    assert len(keys) == 4
