"""What every channel of a provider must hold, whichever it is."""

from typing import Any

import pytest
from django.utils.html import escape

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.handler import Handler, HookRequest
from imiconnect.sandbox.twins import by_slug

PAIRS = [(kind, medium) for kind in registry.all_types() for medium in kind.handlers]
IDS = [f"{kind.slug}-{medium}" for kind, medium in PAIRS]
NOISE = [b"", b"{}", b"[]", b"no json", b"\xff\xfe", b'{"object": "page", "entry": [{}]}']


@pytest.fixture(params=PAIRS, ids=IDS)
def pair(request: pytest.FixtureRequest) -> Any:
    return request.param


def handler_of(pair: Any) -> Handler[Any, Any]:
    found = registry.handler(pair[0].slug, pair[1])
    assert found is not None
    return found


def test_a_handler_is_one_without_state(pair: Any) -> None:
    handler = handler_of(pair)
    assert isinstance(handler, Handler)
    assert vars(handler) == {}
    assert handler_of(pair) is handler


def test_every_credential_has_a_label(pair: Any) -> None:
    kind, handler = pair[0], handler_of(pair)
    if kind.request:
        assert set(handler.secrets_class.__struct_fields__) == set(kind.secret_labels)


@pytest.mark.parametrize("body", NOISE)
def test_an_unsigned_call_is_never_verified(pair: Any, body: bytes, settings: Any) -> None:
    request = HookRequest("POST", {}, {"content-type": "application/json"}, body)
    for sandbox in (False, True):
        settings.SANDBOX = sandbox
        assert not handler_of(pair).verify(None, request)


@pytest.mark.parametrize("body", NOISE)
def test_noise_has_no_events(pair: Any, body: bytes) -> None:
    request = HookRequest("POST", {}, {}, body)
    try:
        assert handler_of(pair).parse(None, request) == []
    except ValueError:
        pass


def test_a_channel_with_messages_has_a_way_to_ask_for_them(pair: Any) -> None:
    kind = pair[0]
    if kind.request:
        assert kind.request.names
        assert kind.request.id_types
        assert kind.receipts[kind.channel]
        assert kind.prerequisites
        assert kind.rate_per_second > 0


def test_a_provider_has_a_double(pair: Any) -> None:
    if pair[0].request:
        assert pair[0].slug in by_slug()


@pytest.mark.parametrize("kind", registry.all_types(), ids=lambda kind: kind.slug)
def test_what_a_channel_needs_is_said_before_its_first_step(
    kind: Any, admin: Member, client_of: Any
) -> None:
    assert kind.prerequisites
    client = client_of(admin)
    url = f"/apps/configure/{kind.slug}/prerequisites/"
    assert url in client.get("/apps/").text
    page = client.get(url).text
    for need in kind.prerequisites:
        assert escape(str(need.text)) in page or escape(str(need.link_label)) in page
        assert need.url.startswith("https://") or not need.url
        assert bool(need.url) == bool(need.link_label)
    assert any(need.url for need in kind.prerequisites)
