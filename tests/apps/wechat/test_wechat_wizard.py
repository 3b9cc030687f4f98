"""CONFIGURE APPS > WECHAT, and what is wrong with what was typed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from imiconnect.accounts.models import Member, Organization
from imiconnect.apps import services
from imiconnect.apps.channel_types.wechat.config import checked_config, checked_secrets
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number
from imiconnect.sandbox.wechat.world import STORE
from tests.apps.over_django import carry

APPID = "wx0123456789abcdef"
SignIn = Callable[[Member], Client]


def value_of(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, name
    return found[1]


def test_the_wizard_shows_what_wechat_needs_before_it_saves(
    client: Client, admin: Member, settings: Any, monkeypatch: Any
) -> None:
    carry(monkeypatch, settings)
    STORE.put("account", APPID, secret="s" * 32, original="gh_1")
    client.force_login(admin.user)
    start = "/apps/configure/wechat/"
    account = {"name": "WeChat", "appid": APPID, "appsecret": "s" * 32}
    client.post(f"{start}account/", account)
    page = client.get(f"{start}callback/").content.decode()
    drawn = {name: value_of(page, name) for name in ("app_id", "token", "aes_key")}
    assert f"/hooks/wechat/{drawn['app_id']}/" in page
    client.post(f"{start}callback/", drawn | {"mode": "safe"})
    client.post(
        f"{start}onboarding/",
        {
            "start_keyword": "#start",
            "start_identifier": "msisdn",
            "stop_keyword": "#stop",
            "stop_identifier": "msisdn",
            "sender_id": "",
        },
    )
    done = client.post(f"{start}review/", follow=True).text
    assert "The application is created" in done
    assert "Healthy" in done
    app = App.objects.get()
    assert (app.app_id, app.account) == (drawn["app_id"], APPID)
    assert secrets_of(app) == {
        "appsecret": "s" * 32,
        "token": drawn["token"],
        "aes_key": drawn["aes_key"],
    }
    page = client.get(f"/apps/{app.pk}/").content.decode()
    assert f"/hooks/wechat/{app.app_id}/" in page
    assert drawn["token"] not in page


def manage(client: Client, app: App, card: str, **values: str) -> Any:
    return client.post(f"/apps/{app.pk}/", {"card": card, **values}, follow=True)


KEYWORDS = {
    "start_keyword": "#join", "start_identifier": "email",
    "stop_keyword": "#leave", "stop_identifier": "email", "sender_id": "",
}  # fmt: skip


def test_the_onboarding_is_changed_on_the_manage_page(
    client: Client, admin: Member, wechat_app: App
) -> None:
    client.force_login(admin.user)
    assert "The app is changed." in manage(client, wechat_app, "onboarding", **KEYWORDS).text
    config = App.objects.get().config
    assert (config["start_keyword"], config["stop_identifier"]) == ("#join", "email")
    assert (config["appid"], config["mode"]) == (APPID, "safe")


def test_two_keywords_that_are_the_same_are_refused_on_the_manage_page(
    client: Client, admin: Member, wechat_app: App
) -> None:
    client.force_login(admin.user)
    page = manage(client, wechat_app, "onboarding", **KEYWORDS | {"stop_keyword": "#JOIN"})
    assert page.status_code == 422
    assert "The two keywords must differ." in page.text
    assert App.objects.get().config == wechat_app.config


def test_the_mode_is_changed_on_the_manage_page(
    client: Client, admin: Member, wechat_app: App
) -> None:
    client.force_login(admin.user)
    assert manage(client, wechat_app, "mode", mode="loud").status_code == 422
    manage(client, wechat_app, "mode", mode="plain")
    assert App.objects.get().config["mode"] == "plain"


def test_a_new_app_secret_is_tried_at_once(
    client: Client, admin: Member, wechat_app: App, settings: Any, monkeypatch: Any
) -> None:
    carry(monkeypatch, settings)
    STORE.put("account", APPID, secret="n" * 32, original="gh_1")
    client.force_login(admin.user)
    assert manage(client, wechat_app, "secret", appsecret="short").status_code == 422
    page = manage(client, wechat_app, "secret", appsecret="o" * 32).text
    assert "the app does not work" in page
    assert "invalid appsecret" in page
    page = manage(client, wechat_app, "secret", appsecret="n" * 32).text
    assert "WeChat takes it." in page
    assert secrets_of(App.objects.get())["token"] == secrets_of(wechat_app)["token"]
    assert "n" * 32 not in page


def test_who_may_not_manage_reads_the_onboarding(
    client: Client, viewer: Member, wechat_app: App
) -> None:
    client.force_login(viewer.user)
    page = client.get(f"/apps/{wechat_app.pk}/").text
    assert "Mobile number" in page
    assert manage(client, wechat_app, "mode", mode="plain").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("appid", "wx12"),
        ("mode", "loud"),
        ("start_keyword", "two words"),
        ("start_keyword", ""),
        ("stop_keyword", "#START"),
        ("stop_identifier", "shoe size"),
    ],
)
def test_a_wrong_configuration_says_which_field_is_wrong(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as found:
        checked_config({"appid": APPID, field: value})
    assert list(found.value.message_dict) == [field]


@pytest.mark.parametrize(
    ("field", "value"), [("appsecret", "short"), ("token", "a b"), ("aes_key", "A" * 42)]
)
def test_a_wrong_credential_says_which_field_is_wrong(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as found:
        checked_secrets({"appsecret": "s" * 32, field: value})
    assert list(found.value.message_dict) == [field]


def number(organization: Organization, **fields: object) -> Number:
    """Make an active Sender ID."""
    values = {"kind": Kind.SENDER_ID, "value": "NWBANK", "folded": "nwbank", "state": "active"}
    return Number.objects.create(organization=organization, **values | fields)


def saved_with(app: App, sender: str) -> App:
    return services.update_app(app=app, config=app.config | {"sender_id": sender})


def test_a_sender_id_of_the_organization_is_kept(wechat_app: App) -> None:
    number(wechat_app.organization, sms=True)
    assert saved_with(wechat_app, "NWBank").config["sender_id"] == "NWBank"


@pytest.mark.parametrize(
    "fields",
    [
        {"sms": False},
        {"sms": True, "state": "pending"},
        {"sms": True, "kind": Kind.SHORT_CODE},
        {"sms": True, "value": "OTHER", "folded": "other"},
    ],
)
def test_a_sender_id_that_sends_no_sms_is_refused(
    wechat_app: App, fields: dict[str, object]
) -> None:
    number(wechat_app.organization, **fields)
    with pytest.raises(ValidationError, match="Sender ID of your organization"):
        saved_with(wechat_app, "NWBANK")


def test_a_sender_id_of_somebody_else_is_refused(
    wechat_app: App, other_organization: Organization
) -> None:
    number(other_organization, sms=True)
    with pytest.raises(ValidationError) as found:
        saved_with(wechat_app, "NWBANK")
    assert list(found.value.message_dict) == ["sender_id"]
    wechat_app.refresh_from_db()
    assert wechat_app.config.get("sender_id", "") == ""


def test_mode_and_on_boarding_are_set_over_rest(
    wechat_app: App, admin: Member, viewer: Member, client_of: Any
) -> None:
    url, kind = f"/api/v1/apps/{wechat_app.pk}/", "application/json"
    config = wechat_app.config | {"mode": "compatible", "start_keyword": "#join"}
    client = client_of(admin)
    assert client.patch(url, {"config": config}, kind).json()["config"] == config
    wrong = client.patch(url, {"config": config | {"mode": "loud"}}, kind)
    assert (wrong.status_code, "mode" in wrong.text) == (400, True)
    assert client_of(viewer).patch(url, {"config": config}, kind).status_code == 403
    assert client.get(url).json()["config"] == config


def test_what_two_people_change_at_once_stays_both(wechat_app: App) -> None:
    first, second = (App.objects.get(pk=wechat_app.pk) for _person in range(2))
    services.update_app(app=first, changes={"mode": "plain"})
    services.update_app(app=second, changes={"start_keyword": "#join"})
    wechat_app.refresh_from_db()
    config = wechat_app.config
    assert (config["mode"], config["start_keyword"]) == ("plain", "#join")
