"""Everything that a deployment may set, read from the environment and checked in one place.

An address that is not set comes from ``DATA_DIR/engines.json``, which ``manage.py up``
writes for the engines it has started, so that a second terminal finds them too.
"""

import ipaddress
import json
import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imiconnect import ROOT
from imiconnect.urls_of_engines import nodes

#: What ``DATA_DIR/engines.json`` may set: addresses and generated secrets.
FROM_ENGINES = (
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "RTM_BROKER_URL",
    "RTM_BROKER_KIND",
    "RTM_DEVICE_TCP_URL",
    "RTM_AUTH_CALLOUT_URL",
    "RTM_AUTH_CALLOUT_SEED",
    "SECRET_KEY",
    "FIELD_KEYS",
    "SANDBOX_APNS_PORT",
)


def is_local(host: str) -> bool:
    """Tell whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


CommaSeparated = Annotated[list[str], NoDecode]


class Environment(BaseSettings):
    """The settings of one deployment; each field is the environment variable of its name.

    Raises ``ValidationError`` on construction when a value is of the wrong kind.
    """

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore")

    DEBUG: bool = False
    DATA_DIR: Path = ROOT / "var"
    HOST: str = "127.0.0.1"
    PORT: int = Field(default=8000, ge=1, le=65535)
    #: The address that people and devices use; it names hosts in mails and in the SDK.
    PUBLIC_URL: str = ""
    ALLOWED_HOSTS: CommaSeparated = ["127.0.0.1", "localhost", "[::1]"]
    SECRET_KEY: str = Field(min_length=32)
    #: Keys of the secrets at rest, ``id:base64`` separated by commas; the first one encrypts.
    FIELD_KEYS: CommaSeparated = Field(min_length=1)

    DATABASE_URL: str = Field(pattern=r"^postgres(ql)?://")
    #: PostgreSQL itself, where DATABASE_URL leads through a pooler (PgBouncer); for backups.
    DATABASE_DIRECT_URL: str = Field(default="", pattern=r"^$|^postgres(ql)?://")
    REDIS_URL: str = Field(pattern=r"^(rediss?|unix)://")
    CELERY_BROKER_URL: str = Field(default="", pattern=r"^$|^(amqps?|rediss?)://")
    #: Several nodes of one cluster are separated by commas after the password.
    RTM_BROKER_URL: str = Field(pattern=r"^mqtts?://")
    #: ``nats`` where the broker is a NATS server: downlink is then QoS 0.
    RTM_BROKER_KIND: str = Field(default="mqtt", pattern=r"^(nats|mqtt)$")
    #: What devices are told to use for MQTT over TCP; empty when only WebSocket is offered.
    RTM_DEVICE_TCP_URL: str = ""
    #: Where a NATS broker asks who may connect, and the seed that signs the answers.
    RTM_AUTH_CALLOUT_URL: str = Field(default="", pattern=r"^$|^(nats|tls)://")
    RTM_AUTH_CALLOUT_SEED: str = ""
    #: How many drains may work on one queue at once, in all workers.
    RTM_DRAINS: int = Field(default=1, ge=1, le=64)

    #: Weeks of the message log that are older go, after they are in a file; 0 keeps all.
    KEEP_MESSAGES_DAYS: int = Field(default=0, ge=0, le=36_500)
    #: Days for which recordings of calls are kept; 0 keeps all.
    KEEP_RECORDINGS_DAYS: int = Field(default=90, ge=0, le=36_500)
    #: Where the files are, unless set DATA_DIR/archive; 0 drops without a file.
    ARCHIVE_DIR: Path | None = None
    ARCHIVE_MESSAGES: bool = True

    EMAIL_URL: str = "console://"
    DEFAULT_FROM_EMAIL: str = "IMIconnect <no-reply@localhost>"
    LOG_LEVEL: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")
    #: Callback URLs on private and loopback addresses are refused unless this is set.
    ALLOW_PRIVATE_CALLBACKS: bool = False
    #: A callback's time-out, and how often and how far apart it is tried again.
    CALLBACK_TIMEOUT_SECONDS: int = Field(default=10, ge=1, le=60)
    CALLBACK_RETRIES: int = Field(default=3, ge=0, le=100)
    CALLBACK_RETRY_SECONDS: int = Field(default=60, ge=1, le=86_400)
    #: Doubles of the providers in place of the real ones: for trying out and for tests.
    SANDBOX: bool = False
    #: Says that a sandbox may be reached from elsewhere or over HTTPS, all the same.
    SANDBOX_IN_PUBLIC: bool = False
    #: Where the double of APNs listens on this machine, which has to speak HTTP/2.
    SANDBOX_APNS_PORT: int = Field(default=0, ge=0, le=65_535)
    #: Where push services are called; a double may stand in their place.
    APNS_URL: str = "https://api.push.apple.com"
    APNS_SANDBOX_URL: str = "https://api.sandbox.push.apple.com"
    FCM_URL: str = "https://fcm.googleapis.com"
    GOOGLE_TOKEN_URL: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    #: Whether businesses without an account may ask for a trial, and how long one lasts.
    TRIAL_SIGN_UP: bool = True
    TRIAL_DAYS: int = Field(default=30, ge=1, le=3650)
    #: When the support staff work, Monday to Friday: from, to (hours of the day), where.
    SUPPORT_OPENS: int = Field(default=9, ge=0, le=23)
    SUPPORT_CLOSES: int = Field(default=17, ge=1, le=24)
    SUPPORT_TIME_ZONE: str = "UTC"
    HTTPS: bool = False
    TRUSTED_PROXIES: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _no_sandbox_by_accident(self) -> Self:
        """Refuse a sandbox where real customers may be: nothing of theirs would go out."""
        host = urlsplit(self.PUBLIC_URL).hostname or self.HOST
        if self.SANDBOX and not self.SANDBOX_IN_PUBLIC and (self.HTTPS or not is_local(host)):
            raise ValueError(
                "SANDBOX=1 replaces every provider by a double and is refused with HTTPS=1 or "
                "a PUBLIC_URL that others can reach. Leave SANDBOX out; or set "
                "SANDBOX_IN_PUBLIC=1 too where nobody expects real messages"
            )
        return self

    @model_validator(mode="after")
    def _support_works(self) -> Self:
        """Refuse hours that never come, and a time zone that is none."""
        if self.SUPPORT_OPENS >= self.SUPPORT_CLOSES:
            raise ValueError("SUPPORT_CLOSES must be later than SUPPORT_OPENS")
        if self.SUPPORT_TIME_ZONE not in available_timezones():
            raise ValueError("SUPPORT_TIME_ZONE must be a name such as Europe/Berlin")
        return self

    @field_validator("RTM_BROKER_URL", "RTM_AUTH_CALLOUT_URL")
    @classmethod
    def _names_nodes(cls, value: str) -> str:
        if value:
            nodes(value)
        return value

    @field_validator("ALLOWED_HOSTS", "FIELD_KEYS", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            [part.strip() for part in value.split(",") if part.strip()]
            if isinstance(value, str)
            else value
        )


def _engine_defaults(data_dir: Path) -> dict[str, str]:
    try:
        written = json.loads((data_dir / "engines.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: written[name] for name in FROM_ENGINES if name in written}


@cache
def read_environment() -> Environment:
    """Return the checked settings of this process.

    Raises ``ImproperlyConfigured`` with one line for each value that is wrong or missing.
    """
    data_dir = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    known: dict[str, Any] = {
        name: value
        for name, value in _engine_defaults(data_dir).items()
        if not os.environ.get(name)
    }
    try:
        return Environment(**known)
    except ValidationError as error:
        lines = [_sentence(problem) for problem in error.errors()]
        raise ImproperlyConfigured("\n".join(lines)) from None


def _sentence(problem: Any) -> str:
    if not problem["loc"]:
        return f"{problem['ctx']['error']}."
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return (
            f"{name} is not set, and no running platform was found; "
            f"start it with 'make run' or set {name}."
        )
    return f"{name} is wrong: {problem['msg']}. Change {name} in the environment."
