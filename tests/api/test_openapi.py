"""Nothing that the OpenAPI document allows, or forbids, breaks a route or its promise.

Schemathesis makes up requests for every documented operation, which go to the real server with
valid credentials, and some without. Ids of real objects are filled in half of the time.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import requests
import schemathesis
import uvicorn
from django.conf import settings as django_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from imiconnect.accounts.models import Member
from imiconnect.apps import services as app_services
from imiconnect.apps.policy import Policy
from imiconnect.rtm.connect.registration import Profile, register_device
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service
from tests.emptying import empty
from tests.factories import client_of, make_member, make_organization
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.timeout(120)
#: Of each operation, and in the sweep. Half of them are tried without credentials first: no
#: view reads more of such a request.
EXAMPLES, MANY = 2, 8
_CREDENTIALS = ("key", "secretKey", "accessToken", "X-CSRFToken", "Cookie")
_DOCUMENT: Any = SchemaGenerator().get_schema(request=None, public=True)
_OPERATIONS = (
    found.ok() for found in schemathesis.openapi.from_dict(_DOCUMENT).get_all_operations()
)
OPERATIONS = {operation.label: operation for operation in _OPERATIONS}


@dataclass(frozen=True)
class Known:
    """The objects that requests may name, and the credentials of somebody who may."""

    parameters: dict[str, str]
    headers: dict[str, str]


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """Serve the application on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        from imiconnect.asgi import Router  # its import builds the middleware

        server = uvicorn.Server(uvicorn.Config(Router(), log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the server did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(PATIENCE)


@pytest.fixture(scope="module")
def rows(
    django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[[], AbstractContextManager[Known]]]:
    """Return what lends the objects; they are made anew after requests that may have changed
    them.
    """
    kept: list[Known] = []

    @contextmanager
    def lend(*, read_only: bool) -> Iterator[Known]:
        with django_db_blocker.unblock():
            if not kept:
                empty()
                kept.append(_make_known(make_member(make_organization("Northwind Bank"))))
            try:
                yield kept[0]
            finally:
                if not read_only:
                    kept.clear()

    yield lend
    with django_db_blocker.unblock():
        empty()


def _make_known(admin: Member) -> Known:
    """Make an app, a live service and a device of Northwind."""
    app = app_services.create_app(
        member=admin,
        name="Bank",
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(client_key_as_password=True, profile_required=False),
    )
    service = sharing.create_service(member=admin, name="Alerts", description="")
    sharing.allocate(service=service, app=app)
    sharing.set_state(service=service, state=Service.State.LIVE)
    device = register_device(
        app=app, user_id="u1", device_id="d1", profile=Profile(platform="chrome")
    )
    session = client_of(admin).cookies[django_settings.SESSION_COOKIE_NAME].value
    token = "c" * 32
    ids = {"app_id": app.app_id, "appId": app.app_id, "user_id": "u1"}
    return Known(
        parameters=ids,
        headers={
            "secretKey": app_services.current_client_key(app).secret,
            "accessToken": device.access_token,
            "key": sharing.current_key(service).secret,
            "profileKey": admin.organization.profile_key,
            "service": str(service.pk),
            "app": str(app.pk),
            "X-CSRFToken": token,
            "Cookie": f"{django_settings.SESSION_COOKIE_NAME}={session}; "
            f"{django_settings.CSRF_COOKIE_NAME}={token}",
        },
    )


@pytest.mark.sampled
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_keeps_its_promise(
    name: str, address: str, rows: Any, whole: bool
) -> None:
    method = OPERATIONS[name].method.upper()
    with rows(read_only=method == "GET") as known, requests.Session() as session:
        numbers, examples = count(), MANY if whole else EXAMPLES

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=OPERATIONS[name].as_strategy())
        def attempt(case: schemathesis.Case) -> None:
            strange = next(numbers) < examples // 2
            _attempt(case, Caller(address, session), known, strange=strange)

        attempt()


@dataclass(frozen=True)
class Caller:
    """Calls over one connection, without the cookies of the call before."""

    address: str
    session: requests.Session

    def __call__(self, case: schemathesis.Case) -> Any:
        self.session.cookies.clear()
        return case.call(base_url=self.address, session=self.session)


def _attempt(case: schemathesis.Case, call: Caller, known: Known, *, strange: bool) -> None:
    _fill(case, known)
    checks = [not_a_server_error, content_type_conformance, response_schema_conformance]
    others = dict(case.headers or {})
    for name in _CREDENTIALS:
        others.pop(name, None)
    if strange:
        case.headers = others
        _no_credentials_no_entry(case, call(case))
    case.headers = others | _credentials(case, known)
    response = call(case)
    case.validate_response(response, checks=checks)
    if response.status_code >= 400:
        assert _sentence(response.json()), response.text


def _no_credentials_no_entry(case: schemathesis.Case, response: Any) -> None:
    case.validate_response(response, checks=[not_a_server_error])
    assert response.status_code >= 400, (case.method, case.path, response.text)


def _fill(case: schemathesis.Case, known: Known) -> None:
    """Put real ids in where the made-up one has an even length."""
    ids = dict(known.parameters)
    ids["id"] = known.headers["service" if "/services/" in case.path else "app"]
    for name, value in (case.path_parameters or {}).items():
        if name in ids and len(str(value)) % 2 == 0:
            case.path_parameters[name] = ids[name]


def _credentials(case: schemathesis.Case, known: Known) -> dict[str, str]:
    own = {name: known.headers[name] for name in _CREDENTIALS}
    if case.path.startswith("/resources/v2/"):
        own["key"] = known.headers["profileKey"]
    if not case.path.startswith("/api/"):
        del own["Cookie"], own["X-CSRFToken"]
    return own


def _sentence(body: Any) -> str:
    """Return what an answer says: of a problem (RFC 9457), or in one of IMIconnect's shapes."""
    inner = body.get("response", body)
    body = inner[0] if isinstance(inner, list) else inner
    return str(body.get("detail") or body.get("description") or body.get("title") or "")


def test_what_v4_repeats_of_v3_is_documented_once() -> None:
    paths = list(_DOCUMENT["paths"])
    assert any("/rtmsAPI/api/v3/" in path for path in paths)
    assert not any("/rtmsAPI/api/v4/" in path for path in paths)
