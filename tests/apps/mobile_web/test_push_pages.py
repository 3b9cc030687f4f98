"""Push in the wizard and on the MANAGE page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.push import services
from imiconnect.apps.push.credentials import ApnsToken, Fcm, WebPush
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.audit.models import AuditEntry as Entry
from tests.apps.mobile_web.conftest import PASSWORD, MakeP12

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
WIZARD = "/apps/configure/mobile_web/"


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def begin(client: Client, platform: str, *systems: str) -> None:
    client.get(WIZARD, follow=True)
    client.post(f"{WIZARD}name/", {"name": "Shop"})
    client.post(f"{WIZARD}platform/", {"platform": platform})
    client.post(f"{WIZARD}system/", {"systems": systems})


def finish(client: Client) -> App:
    client.post(f"{WIZARD}configuration/", {"allowed_origins": ""})
    client.post(f"{WIZARD}review/", follow=True)
    return App.objects.get()


def test_the_wizard_takes_a_key_for_ios_and_an_account_for_android(
    admin: Member, client_of: ClientOf, p8: bytes, account: bytes
) -> None:
    client = client_of(admin)
    begin(client, "mobile", "ios", "android")
    assert (
        client.post(f"{WIZARD}ios/", {"method": "apns_token"})
        .headers["Location"]
        .endswith("/ios-apns-token/")
    )
    values = {"key_id": "", "team_id": "TEAM123456", "bundle": "com.example.shop"}
    file = upload("AuthKey_ABC123DEFG.p8", p8)
    answer = client.post(
        f"{WIZARD}ios-apns-token/", {**values, "gateway": "production", "file": file}
    )
    assert answer.headers["Location"].endswith("/android/")
    client.post(f"{WIZARD}android/", {"method": "fcm"})
    client.post(f"{WIZARD}android-fcm/", {"file": upload("a.json", account)})
    app = finish(client)
    push = services.secrets_of(app).push
    assert isinstance(push["ios"], ApnsToken)
    assert push["ios"].key_id == "ABC123DEFG"
    assert isinstance(push["android"], Fcm)


def test_the_wizard_generates_the_keys_of_web_push(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    begin(client, "web", "chrome")
    page = client.get(f"{WIZARD}web/").text
    assert "not supported in private browsing mode" in page
    client.post(f"{WIZARD}web/", {"method": "web_push"})
    site = {"site_url": "https://shop.example", "contact": "ops@shop.example"}
    client.post(f"{WIZARD}web-web-push/", site)
    app = finish(client)
    web = services.credentials_of(app, "web")
    assert isinstance(web, WebPush)
    assert web.public_key in client.get(f"/apps/{app.pk}/").text


def test_push_may_be_left_for_later(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    begin(client, "mobile", "android")
    client.post(f"{WIZARD}android/", {"method": "later"})
    assert services.secrets_of(finish(client)).push == {}


def test_a_wrong_file_is_said_at_its_field_and_not_kept(
    mobile: App, admin: Member, client_of: ClientOf, account: bytes
) -> None:
    url = f"/apps/{mobile.pk}/push/ios/apns-token/"
    values = {"team_id": "TEAM123456", "bundle": "com.example.shop", "gateway": "production"}
    answer = client_of(admin).post(url, {**values, "file": upload("key.p8", account)})
    assert answer.status_code == 422
    assert "This is a JSON file. Choose the .p8 file" in answer.text
    mobile.refresh_from_db()
    assert services.secrets_of(mobile).push == {}


@pytest.mark.parametrize(
    ("path", "more", "sentence"),
    [
        ("ios/apns-certificate", {"gateway": "production"}, "This is a private key. Choose"),
        ("ios/fcm", {}, "This is a private key. Choose the service-account JSON"),
        ("android/fcm", {}, "This is a private key. Choose the service-account JSON"),
    ],
)
def test_a_key_of_apple_is_refused_where_another_file_is_asked_for(
    mobile: App,
    admin: Member,
    client_of: ClientOf,
    p8: bytes,
    path: str,
    more: dict[str, str],
    sentence: str,
) -> None:
    file = upload("AuthKey_ABC123DEFG.p8", p8)
    answer = client_of(admin).post(f"/apps/{mobile.pk}/push/{path}/", {**more, "file": file})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_certificate_shows_until_when_it_is_valid(
    mobile: App, admin: Member, client_of: ClientOf, make_p12: MakeP12
) -> None:
    client = client_of(admin)
    url = f"/apps/{mobile.pk}/push/ios/apns-certificate/"
    file = upload("push.p12", make_p12())
    client.post(url, {"file": file, "password": PASSWORD, "gateway": "production"})
    page = client.get(f"/apps/{mobile.pk}/").text
    assert "Valid until" in page
    assert "com.example.shop" in page


@pytest.mark.parametrize(
    "path", ["push/web/", "push/ios/web-push/", "push/fridge/", "push/ios/x/"]
)
def test_what_an_app_has_not_is_not_found(
    mobile: App, admin: Member, client_of: ClientOf, path: str
) -> None:
    assert client_of(admin).get(f"/apps/{mobile.pk}/{path}").status_code == 404


def test_removing_asks_and_then_forgets(
    web_app: App, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    site = {"site_url": "https://shop.example", "contact": "ops@shop.example"}
    client.post(f"/apps/{web_app.pk}/push/web/web-push/", site)
    url = f"/apps/{web_app.pk}/push/web/remove/"
    assert "Every subscription ends" in client.get(url).text
    client.post(url)
    web_app.refresh_from_db()
    assert services.secrets_of(web_app).push == {}


def test_no_key_reaches_page_audit_or_database_in_plain(
    mobile: App, admin: Member, client_of: ClientOf, p8: bytes, account: bytes
) -> None:
    client = client_of(admin)
    client.post(f"/apps/{mobile.pk}/push/android/fcm/", {"file": upload("a.json", account)})
    page = client.get(f"/apps/{mobile.pk}/").text
    audit = str(list(Entry.objects.values()))
    stored = str(list(App.objects.extra(select={"raw": "secrets"}).values("raw")))
    secret = services.secrets_of(App.objects.get()).push["android"].key.splitlines()[1]
    for place in (page, audit, stored):
        assert secret not in place
    assert "app.push_configured" in audit


@pytest.mark.parametrize(
    ("system", "name", "part"),
    [
        ("android", "imiconnect.properties", "appId={}"),
        ("ios", "IMIconnect.plist", "<string>{}</string>"),
    ],
)
def test_sdk_files_name_the_app_and_the_reading_is_on_record(
    mobile: App, admin: Member, client_of: ClientOf, system: str, name: str, part: str
) -> None:
    answer = client_of(admin).post(f"/apps/{mobile.pk}/sdk/{system}/")
    assert name in answer.headers["Content-Disposition"]
    assert part.format(mobile.app_id) in answer.content.decode()
    assert Entry.objects.filter(action="app.client_key_revealed").exists()


def test_the_web_file_has_the_public_key(
    web_app: App, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    site = {"site_url": "https://shop.example", "contact": "ops@shop.example"}
    client.post(f"/apps/{web_app.pk}/push/web/web-push/", site)
    web_app.refresh_from_db()
    web = services.credentials_of(web_app, "web")
    assert isinstance(web, WebPush)
    file = client.post(f"/apps/{web_app.pk}/sdk/web/").json()
    assert file["webPush"]["applicationServerKey"] == web.public_key
    assert web.key not in str(file)


def card(client: Client, app: App, **values: Any) -> Any:
    sent = {"card": "messaging", "primary_transport": "mqtt", "secondary_transport": ""}
    return client.post(f"/apps/{app.pk}/", sent | values)


def test_in_app_messaging_is_changed_and_the_rest_of_the_policy_stays(
    mobile: App, admin: Member, client_of: ClientOf
) -> None:
    values = {"server_inbox": "on", "secured_port": "on"}
    card(client_of(admin), mobile, **values)
    mobile.refresh_from_db()
    policy = policy_of(mobile)
    assert policy.server_inbox
    assert "os" in policy.device_attributes
    assert (policy.retry_count, policy.primary_transport) == (3, "mqtt")


def test_payload_encryption_makes_a_key_that_shows_nowhere_and_can_be_renewed(
    mobile: App, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    renew = f"/apps/{mobile.pk}/payload-key/renew/"
    assert client.post(renew).status_code == 404
    card(client, mobile, payload_encryption="on")
    mobile.refresh_from_db()
    assert policy_of(mobile).payload_encryption
    [first] = secrets_of(mobile).payload_keys
    assert client.post(renew).status_code == 302
    mobile.refresh_from_db()
    new, before = secrets_of(mobile).payload_keys
    assert (before, new) == (first, new)
    page = client.get(f"/apps/{mobile.pk}/").text
    assert secrets_of(mobile).payload_key_id in page
    told = page + str(list(Entry.objects.values()))
    assert first not in told
    assert new not in told


def test_the_first_jwt_secret_is_generated_and_shown_once(
    mobile: App, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    shown = client.get(card(client, mobile, jwt_authorization="on").headers["Location"]).text
    mobile.refresh_from_db()
    secret = services.secrets_of(mobile).jwt_secret
    assert secret in shown
    assert secret not in client.get(f"/apps/{mobile.pk}/").text
    assert secret not in str(list(Entry.objects.values()))


def test_a_jwt_secret_that_is_no_base64_is_refused(
    mobile: App, admin: Member, client_of: ClientOf
) -> None:
    answer = card(client_of(admin), mobile, jwt_authorization="on", jwt_secret="not base64!")
    assert answer.status_code == 422
    assert "JWT secret must be base64." in answer.text


def test_an_app_gets_another_system_on_its_page_and_keeps_credentials_of_one_it_leaves(
    admin: Member, viewer: Member, client_of: ClientOf, account: bytes
) -> None:
    client = client_of(admin)
    begin(client, "mobile", "android")
    client.post(f"{WIZARD}android/", {"method": "fcm"})
    client.post(f"{WIZARD}android-fcm/", {"file": upload("a.json", account)})
    app = finish(client)
    page, ios = f"/apps/{app.pk}/", f"/apps/{app.pk}/push/ios/"
    assert ios not in client.get(page).text
    assert (
        client_of(viewer).post(page, {"card": "systems", "systems": "ios"}).status_code == 403
    )
    assert client.post(page, {"card": "systems", "systems": "ios"}).status_code == 302
    app.refresh_from_db()
    assert app.config["systems"] == ["ios"]
    shown = client.get(page).text
    assert ios in shown and f"/apps/{app.pk}/push/android/" in shown
    assert client.post(page, {"card": "systems"}).status_code == 422
