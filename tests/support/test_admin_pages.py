"""The Django admin for support staff: every page of every model, with rows present."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps as django_apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts import services
from imiconnect.accounts.models import Member, Organization, Team, TrialRequest, User
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import (
    App,
    AppExpiry,
    AppHealth,
    Authorization,
    HookEvent,
    PushHealth,
)
from imiconnect.audit import chain
from imiconnect.audit.models import AuditEntry
from imiconnect.console.models import Submission
from imiconnect.identity import uuid7
from imiconnect.numbers.models import Number
from imiconnect.rtm import models as rtm
from imiconnect.rtm.demo import make_demo
from imiconnect.sharing.models import (
    AppShare,
    Rule,
    RuleRun,
    Service,
    ServiceKey,
)
from imiconnect.support import ReadOnlyAdmin, ServiceAdmin
from imiconnect.tokens.services import make_token
from tests.factories import make_user
from tests.numbers.rows import make_rows
from tests.rtm.queued import put_in_queues

pytestmark = pytest.mark.xdist_group("support")
#: The packages whose models all have a page.
OURS = {"accounts", "tokens", "audit", "console", "engines", "apps", "sharing", "rtm"}
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
QUERIES = 16
#: A part that a page loads from another server.
FOREIGN = re.compile(
    rb"<(?:script|link|img|iframe|source|object|embed)\b[^>]*"
    rb"\b(?:src|href|data)=[\"'](?:https?:)?//"
)


@pytest.fixture
def staff(db: None) -> Client:
    """A client of the support staff."""
    user = services.create_staff(email="help@example.test", name="Helpful", password="x" * 16)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def all_rows(module_rows: Any) -> None:
    """A row, or three, of every model that has an admin page, for all tests here."""
    with module_rows():
        _make_rows()


@pytest.fixture
def rows(all_rows: None, db: None) -> None:
    """The same, in a test that may change them."""


def _make_rows() -> None:
    make_demo()
    app, service = App.objects.get(), Service.objects.get()
    team = Team.objects.filter(group__organization=app.organization).first()
    services.invite(email="open@example.test", level=team, role=Role.VIEWER)
    user = User.objects.filter(memberships__isnull=False).first()
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key="k", user_agent="b")
    LogEntry.objects.create(user=user, action_flag=1, object_repr="x")
    Submission.objects.create(token=uuid7(), user=user, path="/")
    permission = Permission.objects.filter(content_type__app_label="apps").first()
    AppShare.objects.create(
        content_object=app, group=team.permission_group, permission=permission
    )
    make_token(
        member=Member.objects.filter(organization=app.organization, role=Role.ADMIN)[0],
        name="CI",
        scopes=["apps:read"],
    )
    _rows_of_providers(app)
    make_rows(Member.objects.filter(organization=app.organization)[0])
    chain.extend()
    for number in range(3):
        _gateway_rows(app, service, number)
        TrialRequest.objects.create(
            name="N", email=f"n{number}@example.test", business="B", reason="R",
            token=f"secret{number}", token_digest=f"d{number}",
        )  # fmt: skip


def _rows_of_providers(app: App) -> None:
    member = Member.objects.filter(organization=app.organization)[0]
    AppHealth.objects.create(app=app)
    PushHealth.objects.create(app=app, platform="ios")
    AppExpiry.objects.create(app=app, name="token", expires_at=timezone.now())
    for number in range(3):
        HookEvent.objects.create(
            channel_type="x", app=app, digest=f"d{number}", body=b"customers write this"
        )
        Authorization.objects.create(
            channel_type="x", member=member, state_digest=f"s{number}", kept='{"a": "secret"}'
        )


def _gateway_rows(app: App, service: Service, number: int) -> None:
    now, organization = timezone.now(), app.organization
    rtm.ProfileBatch.objects.create(organization=organization)
    rtm.Contact.objects.create(app=app, address=f"c{number}")
    rtm.OnboardingStep.objects.create(
        app=app, address=f"c{number}", provider_id=f"m{number}", stage="ended", reply="-"
    )
    rtm.UserPin.objects.create(app=app, user_id="u", device_id="d", digest="x", ends_at=now)
    device = rtm.Device.objects.create(app=app, user_id="u", device_id=f"d{number}")
    rtm.DeviceEvent.objects.create(app=app, device=device, user_id="u", kind="battery")
    rtm.Erasure.objects.create(organization=organization)
    rtm.MessageTemplate.objects.create(
        organization=organization, name=f"t{number}", channel="sms", content={"text": "x"}
    )
    thread = rtm.Thread.objects.create(app=app, service=service, user_id="u")
    agent = Member.objects.filter(organization=organization)[0]
    rtm.Assignment.objects.create(thread=thread, agent=agent)
    rtm.Breaker.objects.get_or_create(app=app, defaults={"pause": 15, "failed_at": now})
    rtm.ThreadGuest.objects.create(thread=thread, agent=agent)
    message = rtm.Message.objects.create(
        transid=uuid7(), organization=organization, service=service, app=app, channel="rt",
        address="u", created_at=now,
    )  # fmt: skip
    rtm.Attempt.objects.create(
        message_id=message.pk, organization=organization, number=1, route="mqtt", started_at=now
    )
    rtm.OpenMessage.objects.create(
        id=message.pk, app_id=app.pk, address="u", due_at=now, expires_at=now + dt.timedelta(1)
    )
    rtm.OptOut.objects.create(
        organization=organization, address=f"44740012345{number}", source="message"
    )
    rtm.UnclaimedText.objects.create(
        account="a", address=f"44740012345{number}", to="80888", text="?"
    )
    rtm.Recording.objects.create(
        organization=organization, number=Number.objects.all()[0], message_id=message.pk,
        account="a", call_id="c", address=f"44740012345{number}", line="447400000001",
    )  # fmt: skip
    rtm.OptWord.objects.create(
        organization=organization, word=f"w{number}", folded=f"w{number}", meaning="opt_out"
    )
    rtm.PushAddress.objects.create(
        app=app, platform="ios", address="secret", digest=f"d{number}", reason="gone"
    )
    rtm.Companion.objects.create(
        id=uuid7(), organization_id=app.organization_id, app_id=app.pk, address="u1",
        expires_at=now,
    )  # fmt: skip
    put_in_queues(app, message)
    rtm.IdempotencyKey.objects.create(
        service=service, key=f"k{number}", body_digest=b"", transid=message.transid
    )
    rtm.ClientRef.objects.create(
        app_id=app.pk, address="u", device_id="d", ref=f"r{number}", tid=message.pk
    )
    rtm.ProviderRef.objects.create(
        channel="sms", account="a", provider_id=f"p{number}", tid=message.pk,
        app_id=app.pk, address="u",
    )  # fmt: skip
    rtm.ProviderReceipt.objects.create(
        channel="sms", account="a", provider_id=f"p{number}", kind=2
    )
    rtm.Watermark.objects.create(app_id=app.pk, address=f"u{number}", read_until=now)
    _topic_rows(app, service, number)
    callback = rtm.Callback.objects.create(
        organization=organization, service=service, message_id=message.pk, kind="dr",
        event="delivered", url="https://example.test/", body="{}",
    )  # fmt: skip
    rtm.CallbackAttempt.objects.create(callback=callback, number=1)
    rtm.ConnectionHolder.objects.create(name=f"h{number}", seen_at=now)
    rtm.RuleEvent.objects.create(
        id=uuid7(), kind="message", organization_id=organization.pk, channel="rt",
        address="u", happened_at=now,
    )  # fmt: skip
    rule = Rule.objects.create(
        organization=organization, service=service, name=f"R{number}", position=number,
        listens="message", action="message", text="Hello",
    )  # fmt: skip
    RuleRun.objects.create(
        rule=rule, service=service, event_id=uuid7(), event_kind="message", channel="rt",
        address="u",
    )  # fmt: skip


def _topic_rows(app: App, service: Service, number: int) -> None:
    topic = rtm.Topic.objects.create(app=app, name=f"news{number}")
    rtm.Subscription.objects.create(topic=topic, user_id="u")
    segment = rtm.Segment.objects.create(app=app, name=f"vip{number}")
    rtm.SegmentUser.objects.create(segment=segment, user_id="u")
    rtm.MediaFile.objects.create(
        app=app, user_id="u", content_type="image/png", size=1, path="x"
    )
    rtm.MediaUsage.objects.update_or_create(app=app, defaults={"bytes": 1})
    rtm.UserEvent.objects.create(app=app, address="u", body={})
    now = timezone.now()
    rtm.FanOut.objects.create(
        transid=uuid7(), organization=app.organization, service=service, app=app,
        kind="topic", named=topic.name, plan=["topic", str(topic.pk)], accepted_at=now,
        expires_at=now,
    )  # fmt: skip
    rtm.FanOutTurn.objects.update_or_create(
        organization=app.organization, defaults={"taken_at": now}
    )


def url_of(model: type[Model], page: str, *args: Any) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def test_every_model_of_ours_has_a_page() -> None:
    ours = {model for model in django_apps.get_models() if model._meta.app_label in OURS}
    assert {model._meta.label for model in ours - set(MODELS)} == set()


def test_no_page_is_outside_of_our_rules() -> None:
    pages = admin.site._registry
    assert not [model for model in MODELS if not isinstance(pages[model], ReadOnlyAdmin)]


@pytest.mark.sampled
def test_every_page_opens_asks_little_and_shows_no_secret(
    staff: Client, rows: None, django_assert_max_num_queries: Any, whole: bool
) -> None:
    secrets = _secrets()
    for model in MODELS:
        row = model._default_manager.first()
        assert row, f"There is no row of {model._meta.label}: add one to the fixture"
        pages = [url_of(model, "changelist"), url_of(model, "change", row.pk)]
        if whole:
            pages += [f"{pages[0]}?q=something", url_of(model, "history", row.pk)]
        for page in pages:
            with django_assert_max_num_queries(QUERIES):
                answer = staff.get(page)
            assert answer.status_code == 200, page
            assert not FOREIGN.search(answer.content), f"the policy refuses a part of {page}"
            assert not [secret for secret in secrets if secret in answer.text], page


def test_every_list_is_searched_by_columns_that_there_are(db: None, rf: Any) -> None:
    for model in MODELS:
        page, rows = admin.site._registry[model], model._default_manager.all()
        list(page.get_search_results(rf.get("/"), rows, "something")[0][:1])


def _secrets() -> list[str]:
    app, key = App.objects.get(), ServiceKey.objects.get()
    return [
        key.secret,
        key.digest,
        app.client_keys.get().secret,
        *Organization.objects.values_list("profile_key", flat=True),
        Service.objects.get().signing_secret,
        *User.objects.values_list("password", flat=True),
    ]


def test_the_pages_to_add_open_where_there_is_something_to_add(staff: Client) -> None:
    for model in MODELS:
        opened = isinstance(admin.site._registry[model], ServiceAdmin)
        opened = opened and model not in (App, Service)
        assert staff.get(url_of(model, "add")).status_code == (200 if opened else 403), model


def test_nothing_is_deleted_in_the_admin(staff: Client, rows: None) -> None:
    for model in MODELS:
        if model is Authenticator:
            continue
        row = model._default_manager.first()
        assert row
        answer = staff.post(url_of(model, "delete", row.pk), {"post": "yes"})
        assert answer.status_code == 403, model
        assert model._default_manager.filter(pk=row.pk).exists()


def test_a_message_is_found_by_its_tid(staff: Client, rows: None) -> None:
    message = rtm.Message.objects.first()
    assert message
    page = staff.get(url_of(rtm.Message, "changelist"), {"q": str(message.pk)})
    assert [row.pk for row in page.context["cl"].queryset] == [message.pk]


def test_nobody_but_staff_gets_anything(
    admin: Member, rows: None, client_of: Callable[[Member], Client]
) -> None:
    client, nobody = client_of(admin), Client()
    ways = set()
    for model in MODELS:
        page = url_of(model, "changelist")
        for somebody in (client, nobody):
            answer = somebody.get(page)
            assert answer.status_code == 302, page
            ways.add(answer["Location"].partition("?")[0])
    (way,) = ways
    assert client.get(way, follow=True).status_code == 403
    assert nobody.get(way, follow=True).redirect_chain[-1][0].startswith("/account/login/")


def test_staff_make_an_organization_by_the_service(staff: Client) -> None:
    staff.post("/admin/accounts/organization/add/", {"name": "Fresh", "is_active": "on"})
    made = Organization.objects.get(name="Fresh")
    assert made.permission_group.name == f"organization:{made.pk}"
    assert made.profile_key


def test_what_staff_do_is_in_the_audit(staff: Client, organization: Organization) -> None:
    page = f"/admin/accounts/organization/{organization.pk}/change/"
    assert staff.post(page, {"name": "Renamed"}).status_code == 302
    entries = AuditEntry.objects.filter(organization_id=organization.pk, actor__is_staff=True)
    assert {entry.action for entry in entries} == {
        "organization.renamed",
        "organization.suspended",
    }


def test_a_refusal_of_a_service_is_a_message_and_changes_nothing(
    staff: Client, admin: Member
) -> None:
    page = f"/admin/accounts/member/{admin.pk}/change/"
    answer = staff.post(page, {"role": "viewer", "is_active": "on"}, follow=True)
    assert "last Admin" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN


def test_staff_seat_a_person(staff: Client, team: Team) -> None:
    user = make_user()
    group = team.group
    form = {"user": user.pk, "organization": group.organization_id, "group": group.pk}
    form |= {"team": team.pk, "role": "developer"}
    staff.post("/admin/accounts/member/add/", form)
    assert user.groups.count() == 2


def test_a_team_of_another_group_is_refused(
    staff: Client, team: Team, organization: Organization
) -> None:
    other = services.create_group(organization=organization, name="Other")
    form = {"user": make_user().pk, "organization": organization.pk, "group": other.pk}
    form |= {"team": team.pk, "role": "developer"}
    answer = staff.post("/admin/accounts/member/add/", form)
    assert "not of the chosen group" in answer.content.decode()


def test_a_lost_second_factor_is_taken_away_and_recorded(staff: Client, rows: None) -> None:
    row = Authenticator.objects.get()
    staff.post(url_of(Authenticator, "delete", row.pk), {"post": "yes"})
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="second_factor.removed_by_support").exists()


def test_the_policy_is_looser_below_admin_only(staff: Client) -> None:
    loose = staff.get("/admin/").headers["Content-Security-Policy"]
    strict = staff.get("/account/").headers["Content-Security-Policy"]
    assert "'unsafe-eval'" in loose
    assert "unsafe" not in strict
    assert "frame-ancestors 'none'" in loose
    assert "default-src 'self'" in loose


def test_the_policy_follows_the_settings(staff: Client, settings: Any) -> None:
    staff.get("/account/")
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**policy, "img-src": ["https://cdn.test"]}
    }
    for page in ("/account/", "/admin/"):
        assert "img-src https://cdn.test" in staff.get(page).headers["Content-Security-Policy"]
