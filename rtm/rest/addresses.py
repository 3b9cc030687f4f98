"""Where a device connects, as the answers of the RTMS API name it."""

import base64
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from rest_framework.request import Request

from imiconnect.apps.models import App
from imiconnect.apps.policy import SECURED_PORTS, Policy
from imiconnect.apps.push.credentials import Platform, WebPush
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.rtm.connect.broker import broker
from imiconnect.rtm.protocol.sealing import ENCRYPTION_TYPE, user_key
from imiconnect.rtm.sealing import keys_of

MQTT_PATH = "/mqtt"
#: Clients that find one call ``/rtmsAPI/api/v4`` (facts/imiconnect.md, 18.4).
SERVER_INBOX_VERSION = "1"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def broker_of(request: Request) -> dict[str, str]:
    """Return the ``broker`` object: the host that the device has reached, and its ports."""
    scheme = "https" if request.is_secure() else "http"
    parts = urlsplit(f"//{request.get_host()}")
    port = str(parts.port or _DEFAULT_PORTS[scheme])
    kind = "wss" if request.is_secure() else "ws"
    answer = {
        "ip": parts.hostname or "",
        "path": MQTT_PATH,
        kind: port,
        "url": f"{kind}://{request.get_host()}{MQTT_PATH}",
        "qos": str(min(1, broker().max_qos)),
    }
    return answer | _tcp()


def _tcp() -> dict[str, str]:
    """Return the port for MQTT over TCP, where the deployment offers one."""
    parts = urlsplit(settings.RTM_DEVICE_TCP_URL)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        return {}
    port = parts.port or {"mqtt": 1883, "mqtts": 8883}[parts.scheme]
    return {parts.scheme: str(port), "mqttHost": parts.hostname}


def policy_answer(request: Request, app: App, policy: Policy) -> dict[str, Any]:
    """Return what an app offers its devices, and where they connect."""
    secrets = secrets_of(app)
    configured = secrets.push
    web = configured.get(Platform.WEB.value)
    secured = policy.secured_port or request.is_secure()
    inbox = {"server_inbox_version": SERVER_INBOX_VERSION} if policy.server_inbox else {}
    return inbox | {
        "appType": "both" if configured else "rt",
        "policy": {
            "features": {
                "realtimemessaging": "1",
                "basicpush": "1" if configured else "0",
                "encryption": "1" if policy.payload_encryption else "0",
                "securedconnection": "1" if secured else "0",
                "userpin": "1" if policy.pin_required else "0",
            },
            "transports": _transports(policy),
            **(
                {"encryptionKeyId": secrets.payload_key_id} if policy.payload_encryption else {}
            ),
        },
        "broker": broker_of(request),
        **({"webPush": _web_push(web)} if isinstance(web, WebPush) else {}),
    }


def encryption_answer(app: App, user_id: str) -> dict[str, str]:
    """Return the key of a user's devices where the app encrypts (facts/imiconnect.md, 18.6)."""
    keys = keys_of(app)
    if not keys:
        return {}
    key = base64.b64encode(user_key(keys[0], app.app_id, user_id)).decode()
    return {
        "encryptionType": ENCRYPTION_TYPE,
        "encryptionKey": key,
        "encryptionKeyId": secrets_of(app).payload_key_id,
    }


def _transports(policy: Policy) -> list[dict[str, Any]]:
    """Return the transports in the order in which a device tries them."""
    names = [name for name in (policy.primary_transport, policy.secondary_transport) if name]
    return [
        {"name": name, **({"port": SECURED_PORTS[name]} if policy.secured_port else {})}
        for name in names
    ]


def _web_push(web: WebPush) -> dict[str, str]:
    return {"applicationServerKey": web.public_key, "iconUrl": web.icon_url}
