"""What the double sends to the server that is set for an account, signed and encrypted."""

import base64
import hashlib
import os
import secrets
import time
from typing import Any
from xml.sax.saxutils import escape

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

#: WeChat closes the connection after this many seconds.
PATIENCE = 5.0


def _sha1(values: list[str]) -> str:
    values.sort()
    return hashlib.sha1("".join(values).encode("utf-8"), usedforsecurity=False).hexdigest()


def greet(server: dict[str, Any]) -> bool:
    """Check a server before its settings are kept: it has to return ``echostr``."""
    stamp, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
    echo = str(secrets.randbelow(10**18))
    query = {
        "signature": _sha1([server["token"], stamp, nonce]),
        "timestamp": stamp,
        "nonce": nonce,
        "echostr": echo,
    }
    try:
        answer = httpx.get(server["url"], params=query, timeout=PATIENCE)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and answer.text == echo


def push(appid: str, server: dict[str, Any], fields: dict[str, str]) -> str:
    """Send a push as the mode of the server says; return what the server answered."""
    plain = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    stamp, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
    query = {
        "signature": _sha1([server["token"], stamp, nonce]),
        "timestamp": stamp,
        "nonce": nonce,
        "openid": fields["FromUserName"],
    }
    body = f"<xml>{plain}</xml>"
    if server["mode"] != "plain":
        sealed = _sealed(server["aes_key"], body.encode(), appid)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = _sha1([server["token"], stamp, nonce, sealed])
        shown = plain if server["mode"] == "compatible" else ""
        to = "" if shown else f"<ToUserName>{fields['ToUserName']}</ToUserName>"
        body = f"<xml>{to}{shown}<Encrypt>{sealed}</Encrypt></xml>"
    try:
        answer = httpx.post(
            server["url"],
            params=query,
            content=body.encode(),
            headers={"Content-Type": "text/xml"},
            timeout=PATIENCE,
        )
    except httpx.HTTPError as error:
        return type(error).__name__
    return f"{answer.status_code} {answer.text[:100]}"


def _sealed(encoding_key: str, message: bytes, appid: str) -> str:
    """Encrypt as the guide of the message push says: PKCS#7 with blocks of 32 bytes."""
    key = base64.b64decode(encoding_key + "=")
    padder = PKCS7(256).padder()
    framed = os.urandom(16) + len(message).to_bytes(4, "big") + message + appid.encode()
    padded = padder.update(framed) + padder.finalize()
    encryptor = Cipher(AES256(key), CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
