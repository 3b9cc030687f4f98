"""An app that encrypts its payloads, and a device that knows its key."""

import base64
import dataclasses
import json
from typing import Any

import httpx
import msgspec
import pytest
from django.test import Client as Web

from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.protocol.sealing import seal, unseal
from tests.rtm.conftest import CLIENT_KEY

API = "/rtmsAPI/api/v3"


def switch(app: App, **changes: Any) -> App:
    """Change an app's policy as pages do."""
    changed = msgspec.structs.replace(policy_of(app), **changes)
    return services.set_policy(app=app, policy=changed)


@pytest.fixture
def sealed_app(rtm_app: App) -> App:
    """The app of the gateway's tests, which encrypts payloads."""
    return switch(rtm_app, payload_encryption=True)


def call(app: App, path: str, body: Any, *, jwt: str = "", token: str = "") -> Any:
    """Call the API as a device does, and return the answer."""
    headers = {"secretKey": CLIENT_KEY}
    headers |= {"Authorization": f"Bearer {jwt}"} if jwt else {}
    headers |= {"accessToken": token} if token else {}
    url = f"{API}/{path}" if path.startswith("apps/") else f"{API}/{app.app_id}/{path}"
    answer = Web().post(url, body, content_type="application/json", headers=headers)
    return answer.json()


@dataclasses.dataclass
class Phone:
    """What a device has of its registration."""

    app: App
    answer: dict[str, Any]

    @property
    def key(self) -> bytes:
        return base64.b64decode(self.answer["encryptionKey"])

    @property
    def token(self) -> str:
        return str(self.answer["accessToken"])

    @property
    def client_id(self) -> str:
        return f"{self.app.app_id}/{self.answer['userId']}/d1"

    @property
    def headers(self) -> dict[str, str]:
        return {"secretKey": CLIENT_KEY, "accessToken": self.token}

    def sealed(self, body: Any, key: bytes | None = None) -> dict[str, str]:
        """Return a body as the wire has it."""
        plain = json.dumps(body).encode()
        return {"encrypted": seal(key or self.key, plain).decode()}

    def opened(self, text: bytes | str) -> Any:
        """Return what was encrypted for this device."""
        return json.loads(unseal([self.key], text))

    def post(self, intake: Any, path: str, body: Any) -> httpx.Response:
        """Call a hot route."""
        url = f"{API}/{self.app.app_id}/{path}"
        response: httpx.Response = intake.post(url, json=body, headers=self.headers)
        return response

    def call(self, path: str, body: Any) -> Any:
        """Call one of the other routes."""
        return call(self.app, path, body, token=self.token)

    def get(self, path: str) -> Any:
        """Read a list."""
        url = f"{API}/apps/{self.app.app_id}/user/{self.answer['userId']}/{path}"
        return Web().get(url, headers=self.headers).json()


def register(app: App, user_id: str = "u1") -> Phone:
    """Register the device ``d1`` of a user."""
    return Phone(app, call(app, "register", {"userId": user_id, "deviceId": "d1"}))


@pytest.fixture
def phone(sealed_app: App) -> Phone:
    """The device ``d1`` of the user ``u1``."""
    return register(sealed_app)
