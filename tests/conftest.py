"""The cast of every test, and the guard that keeps tests off the network.

One person of each role is at the top of Northwind; ``group_member``, ``team_member`` and
``sister`` are further down; ``outsider`` is the Admin of Harbour, another organization.
"""

import gc
import ipaddress
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import HealthCheck
from hypothesis import settings as of_hypothesis

from imiconnect import ROOT
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps.channel_types import http
from imiconnect.numbers import models as numbers
from tests import factories as _factories
from tests.connected import Connected
from tests.emptying import empty
from tests.template import migrated_template
from tests.waiting import PATIENCE

# Nothing is timed: on a machine with other work any example may take seconds.
of_hypothesis.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
of_hypothesis.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Make the database that the workers copy while they start."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        command = [sys.executable, "-m", "tests.template"]
        making = subprocess.Popen(command, cwd=ROOT)

        def wait() -> None:
            try:
                making.wait(PATIENCE)
            finally:
                making.kill()

        config.add_cleanup(wait)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run try everything there is, where others take a sample."""
    parser.addoption(
        "--sweep",
        action="store_true",
        help="run the tests that try everything there is, and no others (make sweep)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose what the run is for: the sweep, or every test but that."""
    whole = config.getoption("--sweep")
    chosen = [item for item in items if (_is_swept(item) if whole else _is_usual(item))]
    left = set(items) - set(chosen)
    if left:
        config.hook.pytest_deselected(items=sorted(left, key=lambda item: item.nodeid))
        items[:] = chosen


def _is_usual(item: pytest.Item) -> bool:
    return item.get_closest_marker("sweep") is None


def _is_swept(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("sweep", "sampled"))
    return marked or "seen" in getattr(item, "fixturenames", ())


class _AtOnce:
    """Says why a test failed when it does: a run may be ended from outside before its end."""

    def __init__(self, out: pytest.TerminalReporter) -> None:
        self._out = out

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._out.write_line(f"\n{report.nodeid[:200]}\n{report.longreprtext}")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Let xdist's controller say why a test failed at once."""
    out = session.config.pluginmanager.getplugin("terminalreporter")
    if out and getattr(session.config.option, "numprocesses", None):
        session.config.pluginmanager.register(_AtOnce(out))


def pytest_collection_finish() -> None:
    """Take what all tests share out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def whole(pytestconfig: pytest.Config) -> bool:
    """Whether everything is tried, and no sample: ``--sweep``."""
    return bool(pytestconfig.getoption("--sweep"))


@pytest.fixture
def factories() -> ModuleType:
    """The factory functions, for tests that do not import them."""
    return _factories


@pytest.fixture
def catalogue(db: None) -> None:
    """Countries, rates and rules of numbers, which a migration loads, and a carrier."""
    numbers.CarrierAccount.objects.get_or_create(slug="stock")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> None:
    """Let the database of the tests be a copy of one that is migrated already."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """After tests that commit, go back to the template quickly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: empty())
        yield


@pytest.fixture(scope="module")
def module_rows(
    django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Let a module's fixtures make rows once, with which each of its tests begins.

    They are made within what is returned, and gone after the module. No test of the module may
    commit.
    """
    with django_db_blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


@pytest.fixture(scope="session", autouse=True)
def no_line_left_open() -> Iterator[None]:
    """At the end, close what the process keeps open to providers: here, to served tests."""
    yield
    http.shared_client().close()


@pytest.fixture(scope="session", autouse=True)
def nobody_left_in_the_database(
    django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """At the end, put out whoever is still connected, so that the database can be dropped.

    The servers that tests start keep pools of their own.
    """
    name = connection.settings_dict["NAME"]
    # A run without tests of the database makes none: the name is the engine's own.
    if not name.startswith("test_"):
        yield
        return
    quoted = connection.ops.quote_name(name)
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        # A lock that an earlier test's thread still holds fails the test that waits for it.
        cursor.execute(f"ALTER DATABASE {quoted} SET lock_timeout = '{PATIENCE:.0f}s'")
        connection.close()
        connection.close_pool()
    yield
    with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {quoted} ALLOW_CONNECTIONS false")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            [name],
        )


@pytest.fixture(scope="session")
def intake_connections(nobody_left_in_the_database: None) -> Iterator[Connected]:
    """The intake's connections, which its tests share."""
    shared = Connected()
    yield shared
    shared.end()


@pytest.fixture(scope="session", autouse=True)
def settings_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hash passwords with a digest, and serve static files from their folders.

    Scrypt is slow on purpose; and no test needs ``collectstatic``. Set once, with the templates
    of the console's gallery: each change of a setting empties caches.
    """
    (engine,) = settings.TEMPLATES
    galleries = ROOT / "tests" / "console" / "templates"
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        TEMPLATES=[{**engine, "DIRS": [*engine["DIRS"], galleries]}],
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        WHITENOISE_AUTOREFRESH=True,
        WHITENOISE_USE_FINDERS=True,
    ):
        yield


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to other machines."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(own: socket.socket, address: Any) -> None:
        if own.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(
                f"A test tried to reach {address[0]}; only loopback is allowed."
            )

    def guarded(own: socket.socket, address: Any) -> None:
        check(own, address)
        connect(own, address)

    def guarded_ex(own: socket.socket, address: Any) -> int:
        check(own, address)
        return connect_ex(own, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", "")


@pytest.fixture
def organization(db: None) -> Organization:
    """Northwind, the organization of the cast."""
    return _factories.make_organization(name="Northwind Bank")


@pytest.fixture
def other_organization(db: None) -> Organization:
    """Harbour, whose people must never see anything of Northwind."""
    return _factories.make_organization(name="Harbour Telecom")


@pytest.fixture
def group(organization: Organization) -> Group:
    """Retail, a group of Northwind."""
    return _factories.make_group(organization, name="Retail")


@pytest.fixture
def team(group: Group) -> Team:
    """Cards, a team of Retail."""
    return _factories.make_team(group, name="Cards")


@pytest.fixture
def sister_team(group: Group) -> Team:
    """Loans, the other team of Retail."""
    return _factories.make_team(group, name="Loans")


@pytest.fixture
def admin(organization: Organization) -> Member:
    """Ada, Admin of Northwind."""
    return _factories.make_member(organization, Role.ADMIN, name="Ada Admin")


@pytest.fixture
def developer(organization: Organization) -> Member:
    """Dan, Developer at the top of Northwind."""
    return _factories.make_member(organization, Role.DEVELOPER, name="Dan Developer")


@pytest.fixture
def asset_manager(organization: Organization) -> Member:
    """Mia, Asset Manager at the top of Northwind."""
    return _factories.make_member(organization, Role.ASSET_MANAGER, name="Mia Manager")


@pytest.fixture
def viewer(organization: Organization) -> Member:
    """Vic, Viewer at the top of Northwind."""
    return _factories.make_member(organization, Role.VIEWER, name="Vic Viewer")


@pytest.fixture
def group_member(group: Group) -> Member:
    """Gil, Admin of the group Retail."""
    return _factories.make_member(group, Role.ADMIN, name="Gil Group")


@pytest.fixture
def team_member(team: Team) -> Member:
    """Tia, Developer of the team Cards."""
    return _factories.make_member(team, Role.DEVELOPER, name="Tia Team")


@pytest.fixture
def sister(sister_team: Team) -> Member:
    """Sam, Admin of the sister team Loans."""
    return _factories.make_member(sister_team, Role.ADMIN, name="Sam Sister")


@pytest.fixture
def outsider(other_organization: Organization) -> Member:
    """Olga, Admin of Harbour."""
    return _factories.make_member(other_organization, Role.ADMIN, name="Olga Outsider")


@pytest.fixture
def client_of() -> Callable[[Member], Client]:
    """Return a signed-in Django client of a member."""
    return _factories.client_of


@pytest.fixture
def cast(
    admin: Member, developer: Member, asset_manager: Member, viewer: Member
) -> dict[Role, Member]:
    """One person of each role at the top of Northwind, for role matrices."""
    return {
        Role.ADMIN: admin,
        Role.DEVELOPER: developer,
        Role.ASSET_MANAGER: asset_manager,
        Role.VIEWER: viewer,
    }
