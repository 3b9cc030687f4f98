"""The embedded NATS server: the MQTT broker that asks the gateway who may connect."""

import json
import socket
from pathlib import Path
from typing import Any

import nkeys

from imiconnect.engines.folders import private_folder, write_private
from imiconnect.engines.program import Program
from imiconnect.engines.programs import nats_program
from imiconnect.engines.tcp import LOOPBACK

#: The account of the devices and of the gateway's own MQTT connections.
DEVICES = "DEVICES"
#: The account of the service that answers who may connect; it also sees who came and went.
CALLOUT = "CALLOUT"
GATEWAY_USER = "gateway"
CALLOUT_USER = "callout"
SYSTEM_USER = "system"
_MEGABYTE = 1024 * 1024


class Nats:
    """One NATS server with MQTT and JetStream on the loopback address."""

    name = "nats"
    title = "NATS"

    def __init__(
        self, folder: Path, port: int, mqtt_port: int, credentials: dict[str, str]
    ) -> None:
        """Describe the server that keeps its sessions in the folder."""
        self._folder = folder
        self._port = port
        self._mqtt_port = mqtt_port
        self._credentials = credentials

    def exports(self) -> dict[str, str]:
        """Return the settings that this engine supplies."""
        gateway, callout = (
            self._credentials["broker_gateway"],
            self._credentials["broker_callout"],
        )
        return {
            "RTM_BROKER_URL": f"mqtt://{GATEWAY_USER}:{gateway}@{LOOPBACK}:{self._mqtt_port}",
            "RTM_BROKER_KIND": "nats",
            "RTM_DEVICE_TCP_URL": f"mqtt://{LOOPBACK}:{self._mqtt_port}",
            "RTM_AUTH_CALLOUT_URL": f"nats://{CALLOUT_USER}:{callout}@{LOOPBACK}:{self._port}",
            "RTM_AUTH_CALLOUT_SEED": self._credentials["callout_seed"],
        }

    def prepare(self) -> Program:
        """Write the configuration and return the program."""
        path = private_folder(self._folder) / "nats.json"
        # The server's own format is a superset of JSON, which quotes paths with spaces.
        write_private(path, json.dumps(self._settings(), indent=1))
        return Program(self.name, self.title, (str(nats_program()), "--config", str(path)))

    def _settings(self) -> dict[str, Any]:
        return {
            "server_name": "imiconnect",
            "host": LOOPBACK,
            "port": self._port,
            "mqtt": {
                "host": LOOPBACK,
                "port": self._mqtt_port,
                # Downlink is QoS 0 here: every subscription above it costs a consumer.
                "downgrade_qos2_subscribe": True,
            },
            "jetstream": {
                "store_dir": str(self._folder),
                "max_memory_store": 256 * _MEGABYTE,
                "max_file_store": 4096 * _MEGABYTE,
            },
            "max_connections": 60_000,
            "write_deadline": "10s",
            "accounts": self._accounts(),
            "system_account": "SYS",
            "authorization": {
                # An answer needs a query of the database; a busy machine takes its time.
                "timeout": 5,
                "auth_callout": {
                    "issuer": self._issuer(),
                    "account": CALLOUT,
                    "auth_users": [GATEWAY_USER, CALLOUT_USER, SYSTEM_USER],
                },
            },
        }

    def _accounts(self) -> dict[str, Any]:
        secret = self._credentials
        events, connections = "$SYS.ACCOUNT.*.>", f"$SYS.REQ.ACCOUNT.{DEVICES}.CONNZ"
        return {
            DEVICES: {
                "jetstream": "enabled",
                "users": [{"user": GATEWAY_USER, "password": secret["broker_gateway"]}],
            },
            CALLOUT: {
                "users": [{"user": CALLOUT_USER, "password": secret["broker_callout"]}],
                "imports": [
                    {"stream": {"account": "SYS", "subject": events}},
                    {"service": {"account": "SYS", "subject": connections}},
                ],
            },
            "SYS": {
                "users": [{"user": SYSTEM_USER, "password": secret["broker_system"]}],
                "exports": [
                    {"stream": events},
                    {"service": "$SYS.REQ.ACCOUNT.*.CONNZ", "response_type": "stream"},
                ],
            },
        }

    def _issuer(self) -> str:
        key: bytes = nkeys.from_seed(self._credentials["callout_seed"].encode()).public_key
        return key.decode()

    def is_ready(self) -> bool:
        """Tell whether the server takes MQTT connections, which it does last."""
        try:
            with socket.create_connection((LOOPBACK, self._mqtt_port), timeout=1):
                return True
        except OSError:
            return False
