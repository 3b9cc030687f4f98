"""The engines that one data folder needs, and the settings that they supply."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from imiconnect.engines.credentials import load_credentials
from imiconnect.engines.folders import private_folder, write_private
from imiconnect.engines.nats import Nats
from imiconnect.engines.postgres import Postgres
from imiconnect.engines.program import Program
from imiconnect.engines.redis import Redis
from imiconnect.engines.tcp import Ports

MQTT_PORT = 1883
#: What a switch in the environment may say for "no"; anything else is read more strictly later.
_OFF = {"", "0", "false", "no", "off", "n", "f"}


class Engine(Protocol):
    """What every embedded engine can do."""

    name: str
    title: str

    def exports(self) -> dict[str, str]:
        """Return the settings that this engine supplies."""

    def prepare(self) -> Program:
        """Make what is missing on the disk and return the program; raises ``StartError``."""

    def is_ready(self) -> bool:
        """Tell whether the engine answers."""


@dataclass
class Embedded:
    """The embedded engines of one data folder; those with an external address are left out."""

    data_dir: Path
    engines: list[Engine]
    #: Settings that a process needs to find the engines and read the secrets.
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def settings_path(self) -> Path:
        """The file from which other processes of this folder read the settings."""
        return self.data_dir / "engines.json"

    @property
    def programs_path(self) -> Path:
        """The file that lists the programs to the wrapper that runs them."""
        return self.data_dir / "engines" / "programs.json"

    def publish(self) -> None:
        """Write the settings for other processes; the file is for this user only."""
        write_private(self.settings_path, json.dumps(self.settings, indent=1))

    def withdraw(self) -> None:
        """Remove the file again when the engines have stopped."""
        self.settings_path.unlink(missing_ok=True)


def embedded_engines(
    data_dir: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    mqtt_port: int | None = MQTT_PORT,
    durable: bool = True,
    keep_ports: bool = False,
) -> Embedded:
    """Describe the engines for a data folder; nothing is started.

    An engine whose address is in ``environ`` is not among them. Ports and generated secrets
    are kept in the folder; ``keep_ports`` takes the last ports even when they are in use,
    as they are while the engines run. Raises ``StartError`` when the folder cannot be used.
    """
    data_dir = data_dir.resolve()
    folder = private_folder(private_folder(data_dir) / "engines")
    credentials = load_credentials(folder)
    ports = Ports(folder, keep=keep_ports)
    engines: list[Engine] = []
    if not environ.get("DATABASE_URL"):
        port = ports.choose("postgres")
        engines.append(Postgres(folder / "postgres", port, credentials, durable=durable))
    if not environ.get("REDIS_URL"):
        engines.append(Redis(folder / "redis", ports.choose("redis"), credentials))
    if not environ.get("RTM_BROKER_URL"):
        mqtt = ports.choose("mqtt", mqtt_port)
        engines.append(Nats(folder / "nats", ports.choose("nats"), mqtt, credentials))
    settings = {"SECRET_KEY": credentials["secret_key"], "FIELD_KEYS": credentials["field_key"]}
    for engine in engines:
        settings |= engine.exports()
    if environ.get("SANDBOX", "0").lower() not in _OFF:
        settings["SANDBOX_APNS_PORT"] = str(ports.choose("sandbox-apns"))
    kept = {name: value for name, value in settings.items() if not environ.get(name)}
    return Embedded(data_dir, engines, kept)
