"""A channel of a provider that exists nowhere: it shows what the framework does for any."""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability, ChannelType, Prerequisite
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.channel_types.handler import (
    Account,
    Checked,
    Ending,
    Handler,
    HookAnswer,
    HookRequest,
)
from imiconnect.apps.channel_types.linking import Begun, Choice, Granted, Refused
from imiconnect.apps.models import App
from imiconnect.apps.ports import answers

SHARED_SECRET = "the secret of the loft, long enough"


@dataclass
class Loft:
    """What the provider does now; a test changes it."""

    problem: ChannelError | None = None
    endings: tuple[Ending, ...] = ()
    calls: list[str] = field(default_factory=list)


LOFT = Loft()


class Config(msgspec.Struct):
    """Which loft."""

    loft: str


class Secrets(msgspec.Struct):
    """Its key."""

    loft_key: str


class PigeonHandler(Handler[Config, Secrets]):
    """Signs with HMAC-SHA256 in hex."""

    config_class, secrets_class = Config, Secrets

    def greet(
        self, account: Account[Config, Secrets] | None, request: HookRequest
    ) -> HookAnswer | None:
        return HookAnswer(request.query["echo"].encode()) if "echo" in request.query else None

    def verify(self, account: Account[Config, Secrets] | None, request: HookRequest) -> bool:
        key = account.secrets.loft_key if account else SHARED_SECRET
        return hmac.compare_digest(signed(request.body, key), request.headers.get("x-ring", ""))

    def parse(
        self, account: Account[Config, Secrets] | None, request: HookRequest
    ) -> list[Event]:
        found = json.loads(request.body)
        return [
            Incoming(
                account=item["loft"],
                provider_id=item["id"],
                address=item["from"],
                at=dt.datetime.now(dt.UTC),
                text=item["text"],
            )
            for item in found["notes"]
        ]

    def activate(self, account: Account[Config, Secrets]) -> None:
        LOFT.calls.append(f"activate {account.config.loft}")

    def deactivate(self, account: Account[Config, Secrets]) -> None:
        LOFT.calls.append(f"deactivate {account.config.loft}")

    def check(self, account: Account[Config, Secrets]) -> Checked:
        if LOFT.problem:
            raise LOFT.problem
        return Checked(LOFT.endings)


class PigeonLinking:
    """A login that grants two lofts."""

    button = "LOG IN"
    account_label = "Loft"

    def origins(self) -> tuple[str, ...]:
        return ("https://loft.example",)

    def begin(self, *, callback_url: str, state: str) -> Begun:
        return Begun(f"https://loft.example/login?state={state}", {"back": callback_url})

    def state_of(self, query: Any) -> str:
        return str(query.get("state", ""))

    def finish(self, *, callback_url: str, query: Any, kept: Any) -> Granted:
        assert kept == {"back": callback_url}
        if "error" in query:
            raise Refused("You did not allow it.")
        lofts = [("north", ""), ("south", ""), ("ruin", "Nobody feeds the pigeons there.")]
        choices = [
            Choice(
                name, name.title(), {"loft": name}, {"loft_key": f"new key of {name} " * 3}, o
            )
            for name, o in lofts
        ]
        return Granted("Paula Pigeon", tuple(choices))


PIGEON = ChannelType(
    slug="pigeon",
    name="Pigeon",
    menu_label="PIGEON",
    icon="send",
    channel="pigeon",
    capabilities=frozenset({Capability.SEND, Capability.RECEIVE}),
    wizard="",
    receipts={"pigeon": ("submitted", "failed")},
    checked_config=lambda config: {"loft": str(config["loft"])},
    checked_secrets=lambda secrets: {"loft_key": str(secrets["loft_key"])},
    account=lambda config: str(config["loft"]),
    config_labels={"loft": "Loft"},
    handlers={"pigeon": f"{__name__}.PigeonHandler"},
    secret_labels={"loft_key": "Loft key"},
    ending_labels={"ring": "Ring"},
    linking=f"{__name__}.PigeonLinking",
    prerequisites=(
        Prerequisite("A loft.", "https://loft.example/", "Build one", is_met=lambda: False),
    ),
    credentials_template="apps/provider_credentials.html",
)


def signed(body: bytes, key: str) -> str:
    """Return the signature of a body."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def pigeon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loft]:
    """The channel type is there, and its provider answers."""
    kinds = {**registry.by_slug(), PIGEON.slug: PIGEON}
    monkeypatch.setattr(registry, "by_slug", lambda: kinds)
    handlers = {PIGEON.handlers["pigeon"]: PigeonHandler(), PIGEON.linking: PigeonLinking}
    found = registry.handler

    def handler(slug: str, medium: str = "") -> Any:
        return handlers[PIGEON.handlers["pigeon"]] if slug == "pigeon" else found(slug, medium)

    monkeypatch.setattr(registry, "handler", handler)
    monkeypatch.setattr(
        "imiconnect.apps.authorizations.import_string", lambda name: handlers[name]
    )
    LOFT.problem, LOFT.endings, LOFT.calls = None, (), []
    yield LOFT


@pytest.fixture
def loft_app(pigeon: Loft, admin: Member) -> App:
    """An app of the channel, at the top of Northwind."""
    return services.create_app(
        member=admin,
        name="Carrier pigeons",
        channel_type="pigeon",
        config={"loft": "north"},
        secrets={"loft_key": "the very first key of the loft"},
    )


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Event]]:
    """What is handed to the gateway: name of the app and event."""
    events: list[tuple[str, Event]] = []

    def take(app: App, found: list[Event]) -> None:
        events.extend((app.name, event) for event in found)

    monkeypatch.setattr(answers, "take_events", [take])
    return events


Sign = Callable[[bytes, str], str]
