"""Another organization's object is 404 and stays as it is: at every address, by every handler.

New routes are covered by themselves: the addresses come from the URLconf, and one with a
parameter that ``tests/routes.py`` does not know fails here.
"""

import json
from typing import Any

import pytest
from django.apps import apps as django_apps
from django.test import Client
from django.urls import path, resolve

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps import services as apps
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service
from tests import routes
from tests.factories import client_of, make_member
from tests.objects import make_app, make_objects, make_service
from tests.routes import Address, every_address

METHODS = ("get", "post", "put", "patch", "delete")
PACKAGES = {"accounts", "numbers", "apps", "sharing", "rtm"}
#: What a form might take; a refusal for an empty form would prove nothing.
BODY = {
    "card": "rename",
    "name": "Taken over",
    "description": "Taken over",
    "role": "admin",
    "state": "off",
    "keep": "0",
    "confirm": "Northwind App",
    "url": "https://taken.example/",
    "email": "taken@over.example",
    "customer_id": "taken",
    "attributes": "{}",
    "text": "Taken over",
    "userId": "u1",
    "deviceId": "taken",
    "os": "chrome",
}
#: Addresses that somebody may open who has not signed in; everything else asks for it.
OPEN = (
    "account/login/",
    "account/signup/",
    "account/inactive/",
    "account/logout/",
    "account/password/reset/",
    "account/second-factor/code/",
    "invitation/",
    "trial/",
    "healthz",
    "readyz",
    "metrics",
    "theme/",
    "api/openapi.json",
    "api/docs/",
    "rtmsAPI/",
    "resources/",
    "carriers/",
    "hooks/",
)
#: Objects that the whole organization shares: a sister team may open them.
OF_ALL = {
    "customer", "profile_batch", "number", "offline_request", "reserved_keyword", "stream",
    "audit_entry", "opt_out", "opt_word",
}  # fmt: skip


@pytest.fixture
def objects(admin: Member, team: Team, team_member: Member) -> dict[str, Any]:
    """An object of each kind, of the team Cards where a team can own one."""
    return make_objects(admin, team, team_member)


@pytest.fixture
def foreign_keys(outsider: Member) -> dict[str, str]:
    """The header keys of an app and a live service of the other organization."""
    app, service = make_app(outsider, "Harbour App"), make_service(outsider, "Harbour Service")
    sharing.allocate(service=service, app=app)
    sharing.set_state(service=service, state=Service.State.LIVE)
    return {
        "secretKey": apps.current_client_key(app).secret,
        "key": sharing.current_key(service).secret,
        "profile": outsider.organization.profile_key,
    }


def methods_of(address: Address) -> list[str]:
    """Return the methods for which the view has code; to others Django itself answers 405.

    Of a view that is a function, which may ask for the method anywhere, these are all.
    """
    view: Any = resolve(address.path).func
    handled = getattr(view, "actions", None)
    if handled is None:
        handler = getattr(view, "view_class", None) or getattr(view, "cls", None)
        handled = [name for name in METHODS if handler is None or hasattr(handler, name)]
    return [name for name in METHODS if name in handled or name == "get"]


def distinct(addresses: list[Address]) -> list[Address]:
    """Return one address of each view and the objects that it is asked for."""
    found: dict[Any, Address] = {}
    for address in addresses:
        view: Any = resolve(address.path).func
        kind = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
        options = getattr(view, "view_initkwargs", None) or getattr(view, "initkwargs", {})
        actions = getattr(view, "actions", None) or {}
        key = (kind, str(options), str(actions), address.objects)
        found.setdefault(key, address)
    return list(found.values())


def call(client: Client, method: str, address: Address, **headers: str) -> Any:
    """Call an address as a page, a device or a server would."""
    # Both APIs name their header "key": one takes a service's, the other an organization's.
    profile_key = headers.pop("profile", "")
    if "/customer" in address.path and profile_key:
        headers["key"] = profile_key
    is_api = address.route.startswith(("rtmsAPI/", "resources/", "api/"))
    if method == "get":
        return client.get(address.path, headers=headers)
    if method == "post" and not is_api:
        return client.post(address.path, BODY, headers=headers)
    body = json.dumps(BODY)
    send = getattr(client, method)
    return send(address.path, body, content_type="application/json", headers=headers)


def rows_of(organization: Organization) -> dict[str, dict[Any, Any]]:
    """Return every row of our packages that is the organization's, or below one of its."""
    kept: dict[str, dict[Any, Any]] = {}
    for model in django_apps.get_models():
        if model._meta.app_label not in PACKAGES or model._meta.label == "accounts.User":
            continue
        names = {field.name for field in model._meta.fields}
        rows = model._default_manager.all()
        for way in (
            "organization", "app__organization", "service__organization",
            "member__organization",
        ):  # fmt: skip
            if way.partition("__")[0] in names:
                rows = rows.filter(**{way: organization})
                break
        kept[model._meta.label] = {row["pk"]: row for row in rows.values("pk", *names)}
    kept["accounts.Organization"] = {
        pk: row for pk, row in kept["accounts.Organization"].items() if pk == organization.pk
    }
    return kept


def marks(objects: dict[str, Any]) -> list[str]:
    """Return words that only pages of Northwind may hold."""
    ids = [str(value) for value in objects.values()]
    return ["Northwind", "northwind.example", "nw-1", "NWBANK", "northwind.secret", *ids]


def test_the_walk_finds_the_addresses(objects: dict[str, Any]) -> None:
    addresses = every_address(objects)
    assert len(addresses) > 50
    assert len([address for address in addresses if address.objects]) > 20


def test_an_unknown_parameter_fails_the_walk(
    objects: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = path("shares/<uuid:share_id>/", lambda request, share_id: None, name="share")
    resolver = type("Resolver", (), {"url_patterns": [new]})
    monkeypatch.setattr(routes, "get_resolver", lambda: resolver)
    with pytest.raises(LookupError, match="share_id"):
        every_address(objects)


def test_nobody_gets_anything_without_signing_in(
    objects: dict[str, Any], organization: Organization
) -> None:
    before, client = rows_of(organization), Client()
    wrong = []
    for address in every_address(objects):
        for method in methods_of(address):
            client.cookies.clear()
            answer = call(client, method, address)
            if not _asks_to_sign_in(address, answer) or _leaks(answer, address, objects):
                wrong.append(f"{method} {address.path}: {answer.status_code}")
    assert wrong == []
    assert rows_of(organization) == before


def _asks_to_sign_in(address: Address, answer: Any) -> bool:
    if address.route.startswith(OPEN):
        return _is_no_fault(address, answer)
    if answer.status_code == 302:
        return bool(answer.headers["Location"].startswith("/account/login/"))
    return answer.status_code in (401, 403, 404, 405)


def _is_no_fault(address: Address, answer: Any) -> bool:
    # Not ready is an answer, and true in a test without the whole platform.
    return bool(answer.status_code < 500 or address.route == "readyz")


def _leaks(answer: Any, address: Address, objects: dict[str, Any]) -> bool:
    """Tell whether an answer holds words of Northwind other than those that it was asked."""
    content = b"".join(answer) if answer.streaming else answer.content
    shown = content.decode(errors="replace")
    return any(mark in shown and mark not in address.path for mark in marks(objects))


# An Admin may do the most, and so is refused the most; the other roles belong to the sweep.
@pytest.mark.parametrize(
    "role",
    [
        pytest.param(role, marks=[] if role == Role.ADMIN else pytest.mark.sweep)
        for role in Role
    ],
)
def test_a_stranger_of_any_role_gets_404(
    role: Role,
    objects: dict[str, Any],
    organization: Organization,
    other_organization: Organization,
    foreign_keys: dict[str, str],
) -> None:
    stranger = make_member(other_organization, role)
    client = client_of(stranger)
    before = rows_of(organization)
    wrong = []
    # An Admin sees the most of what a page has of several objects.
    addresses = distinct(every_address(objects))
    for address in addresses if role == Role.ADMIN else filter(_names_objects, addresses):
        if address.route == "account/logout/":
            continue
        for method in methods_of(address):
            answer = call(client, method, address, **foreign_keys)
            right = _is_no_fault(address, answer) and not _leaks(answer, address, objects)
            if address.objects:
                right = right and answer.status_code in _refusals(address, role)
            if not right:
                wrong.append(f"{method} {address.path}: {answer.status_code}")
    assert wrong == []
    assert rows_of(organization) == before
    # Each answer was given to somebody signed in, to the last.
    assert client.get("/account/").status_code == 200


def _names_objects(address: Address) -> bool:
    return bool(address.objects)


def _refusals(address: Address, role: Role) -> set[int]:
    """Return how an address may refuse a foreign object; 405: it has no such method."""
    if address.route.startswith(("rtmsAPI/", "resources/")):
        return {400, 401, 403, 404, 405}
    # A page that the role may not open at all says so before it looks for the object.
    return {404, 405} if role == Role.ADMIN else {403, 404, 405}


def test_a_sister_team_gets_404(
    objects: dict[str, Any], organization: Organization, sister: Member
) -> None:
    client = client_of(sister)
    before = rows_of(organization)
    wrong = []
    for address in distinct(every_address(objects)):
        if not address.objects or OF_ALL & set(address.objects):
            continue
        for method in methods_of(address):
            answer = call(client, method, address)
            if answer.status_code not in _refusals(address, Role.ADMIN):
                wrong.append(f"{method} {address.path}: {answer.status_code}")
    assert wrong == []
    assert rows_of(organization) == before


def test_the_owner_opens_what_the_others_may_not(
    objects: dict[str, Any], admin: Member, group: Group
) -> None:
    opened, client = [], client_of(admin)
    for address in every_address(objects):
        if address.objects:
            answer = call(client, "get", address)
            opened.append(answer.status_code == 200)
    assert sum(opened) > 12


def test_the_django_admin_is_closed_to_every_role(cast: dict[Role, Member]) -> None:
    for member in cast.values():
        for page in ("/admin/", "/admin/accounts/user/", "/admin/anything/"):
            assert client_of(member).get(page, follow=True).status_code in (403, 404)
