"""Where a device connects, as the answers of the RTMS API name it."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from rest_framework.request import Request

from imiconnect.rtm.connect.broker import broker

MQTT_PATH = "/mqtt"
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


def policy_answer(request: Request) -> dict[str, Any]:
    """Return what every app of this platform offers its devices."""
    return {
        "appType": "rt",
        "policy": {
            "features": {
                "realtimemessaging": "1",
                "basicpush": "0",
                "encryption": "0",
                "securedconnection": "1" if request.is_secure() else "0",
            }
        },
        "broker": broker_of(request),
    }
