"""No secret is anywhere but where it is kept encrypted, or shown by design.

One full run over every channel; then logs, pages, API answers, the audit trail, exports,
mails and every table are searched for every secret that the database and the settings hold.
A new encrypted column, page, table or twin is searched by itself. A usual run searches one
page of each address; the sweep the pages of every app and those for support staff as well.
"""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.sessions.models import Session
from django.core import mail
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from imiconnect.accounts import services as people
from imiconnect.accounts.models import Member, Team
from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.facebook import handler as facebook_handler
from imiconnect.apps.channel_types.twitter import handler as twitter_handler
from imiconnect.apps.channel_types.wechat import client as wechat_client
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.models import Attempt, Message
from imiconnect.sandbox.facebook import telling
from imiconnect.sharing.models import Service
from imiconnect.vault import EncryptedTextField
from tests.apps.mobile_web.conftest import MakeP12, account, make_p12, p8, rsa_key  # noqa: F401
from tests.apps.over_django import carry
from tests.facebook.conftest import Later
from tests.factories import client_of
from tests.objects import make_objects
from tests.routes import Address, every_address
from tests.rtm.conftest import SERVICE_KEY, forgotten_threads, intake, rtm_app, service  # noqa: F401
from tests.secrecy.full_run import P12_PASSWORD, Run, configure_all, write_and_answer
from tests.secrecy.searching import all_secrets, leaks, stored_rows

#: What is shown by design, by the beginning of the place and what is kept.
BY_DESIGN = (
    # A new key is shown once, on the page after it was made.
    ("post /apps/configure/mobile_web/review/", "apps.ClientKey.secret"),
    # The double's page is the provider's, where its customer reads and types them.
    ("post /tools/sandbox/wechat/", "apps.App.secrets"),
)

#: Pages that show what is in the code or a public catalogue, and no row of anybody.
WITHOUT_ROWS = (
    "/api/openapi.json",
    "/tools/sms-restrictions/",
    "/tools/number-restrictions/",
    "/api/v1/numbers/sms-restrictions/",
)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line of every log, as an operator reads it at LOG_LEVEL=DEBUG."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def run(
    admin: Member,
    service: Service,  # noqa: F811
    intake: Any,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    logged: list[str],
) -> Iterator[Run]:
    """Ada, whose providers are the doubles."""
    carry(monkeypatch, settings)
    for module in (facebook_handler, twitter_handler):
        monkeypatch.setattr(module, "shared_client", lambda: http.shared_client())
    later = Later()
    monkeypatch.setattr(telling.threading, "Timer", later)
    wechat_client._tokens.clear()
    found = Run(client_of(admin), service, intake.post)
    yield found
    wechat_client._tokens.clear()


@pytest.mark.sampled
@pytest.mark.django_db(transaction=True)
def test_no_secret_is_where_it_is_not_kept(
    run: Run,
    logged: list[str],
    admin: Member,
    team: Team,
    team_member: Member,
    p8: bytes,  # noqa: F811
    make_p12: MakeP12,  # noqa: F811
    account: bytes,  # noqa: F811
    whole: bool,
) -> None:
    apps = configure_all(run, p8, make_p12(), account)
    write_and_answer(run, apps)
    assert_was_full(apps)
    objects = make_objects(admin, team, team_member)
    places = dict(run.seen)
    addresses = every_address(objects)
    assert set(WITHOUT_ROWS) <= {address.path for address in addresses}
    places |= pages(run.client, addresses)
    if whole:
        places |= pages_of_apps(run.client, objects) | support_pages()
    places |= {f"mail {n} {m.subject}": mail_text(m) for n, m in enumerate(mail.outbox)}
    places |= {
        f"audit {e.action}": f"{e.before} {e.after} {e}" for e in AuditEntry.objects.all()
    }
    places |= {"session": str([row.get_decoded() for row in Session.objects.all()])}
    places |= stored_rows()
    places["log"] = "\n".join(logged)
    assert sum(place.startswith("csv ") for place in places) >= 4
    secrets = all_secrets() | {"a .p12's password": P12_PASSWORD}
    found = [line for line in leaks(places, secrets) if not _is_by_design(line)]
    assert not found, "\n".join(found)


def assert_was_full(apps: dict[str, App]) -> None:
    """A run that did less than it says would prove nothing."""
    for channel, app in apps.items():
        kinds = set(Message.objects.filter(app=app).values_list("direction", flat=True))
        assert len(kinds) == 2, channel
    assert App.objects.get(channel_type="facebook").checkup.state == "broken"
    assert Attempt.objects.count() >= len(apps) * 2
    assert mail.outbox


def pages(client: Client, addresses: list[Address]) -> dict[str, str]:
    """Return what each address answers Ada, pages and REST alike, and lists as CSV too."""
    found = {}
    for address in addresses:
        # The double's addresses are the providers' own side of the world.
        if address.path.startswith("/sandbox/") or address.path in WITHOUT_ROWS:
            continue
        found[f"get {address.path}"] = text = read(client, address.path)
        if "format=csv" in text:
            found[f"csv {address.path}"] = read(client, f"{address.path}?format=csv")
    return found


def pages_of_apps(client: Client, objects: dict[str, Any]) -> dict[str, str]:
    """Return the pages of each app but the one among the objects."""
    found: dict[str, str] = {}
    for app in App.objects.exclude(pk=objects["app"]):
        own = every_address(objects | {"app": app.pk, "app_id": app.app_id})
        # Of the other objects an app has none: these addresses are not found.
        named = [a for a in own if a.objects and {"app", "app_id"}.issuperset(a.objects)]
        found |= pages(client, named)
    return found


def read(client: Client, path: str) -> str:
    answer: Any = client.get(path)
    body = b"".join(answer) if answer.streaming else answer.content
    return str(body.decode(errors="replace"))


def mail_text(message: Any) -> str:
    """Return what a mail says in each of its forms."""
    forms = [str(content) for content, _kind in getattr(message, "alternatives", [])]
    return "\n".join([message.subject, message.body, *forms])


def support_pages() -> dict[str, str]:
    """Return every list of the Django admin, and pages of its rows.

    A page can show what is stored in the open, which the search of the tables finds in
    every row, or what it has decrypted: so one page of a model does unless it has secrets.
    """
    client, found = Client(), {}
    client.force_login(people.create_staff(email="h@example.test", name="H", password="x" * 16))
    for model in django_admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        urls = [reverse(f"{base}_changelist")]
        rows = model._default_manager.values_list("pk", flat=True)[: 20 if keeps(model) else 1]
        urls += [reverse(f"{base}_change", args=[key]) for key in rows]
        found |= {f"get {url}": client.get(url).text for url in urls}
    return found


def keeps(model: type[Model]) -> bool:
    """Return whether a model has a column of secrets."""
    return any(isinstance(field, EncryptedTextField) for field in model._meta.fields)


def _is_by_design(line: str) -> bool:
    return any(line.startswith(place) and f": {kept} of " in line for place, kept in BY_DESIGN)


@pytest.mark.parametrize(
    "text",
    [
        "https://x.example/?key=s3cret%2Fwith%2Bslash%2F%26x",
        'payload {"key": "s3cret/with+slash/&x"}',
        "&quot;s3cret/with+slash/&amp;x&quot;",
        "Basic czNjcmV0L3dpdGgrc2xhc2gvJng=",
    ],
)
def test_the_search_finds_a_secret_however_it_is_written(text: str) -> None:
    found = leaks({"log": text}, {"key": "s3cret/with+slash/&x"})
    assert found == ["log: key"]


def test_the_search_finds_a_line_of_a_key_file() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\nabc\n-----END-----"
    assert leaks({"page": "x MIGHAgEAMBMGByqGSM49AgEGCCqGSM49 y"}, {"p8": key}) == ["page: p8"]


def test_every_channel_is_in_the_run() -> None:
    from imiconnect.apps.channel_types import registry

    run = {"facebook", "twitter", "wechat", "apple_business_chat", "mobile_web"}
    assert {kind.slug for kind in registry.all_types()} == run
