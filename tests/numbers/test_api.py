"""``/api/v1/numbers/`` and the tokens with which programs use it."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Charge, Number, NumberOrder, ShortCode
from imiconnect.sharing.services import allocate_number, create_service
from imiconnect.tokens import services as tokens
from imiconnect.tokens.models import ApiToken
from tests.factories import client_of

BASE = "/api/v1/numbers/"


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(
        f"{BASE}{path}", body or {}, content_type="application/json", headers=headers
    )


def bearer(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def secret(developer: Member) -> str:
    return tokens.make_token(
        member=developer, name="CI", scopes=["numbers:read", "numbers:write"]
    )[1]


def test_a_number_is_searched_reserved_and_bought(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    query = {"country": "gb", "number_type": "multi_function", "digits": stock[2][-4:]}
    shelf = client.get(f"{BASE}available/", query).json()
    assert shelf["complete"] and stock[2] in [row["e164"] for row in shelf["found"]]
    wish = {"e164": stock[2], "number_type": "multi_function", "carrier": "stock"}
    assert post(client, "reservations/", wish).status_code == 201
    order = {"e164": stock[2]}
    bought = post(client, "orders/", order, **{"Idempotency-Key": "one"})
    assert (bought.status_code, bought.json()["state"]) == (201, "active")
    again = post(client, "orders/", order, **{"Idempotency-Key": "one"})
    assert again.json()["id"] == bought.json()["id"]
    assert (NumberOrder.objects.count(), Charge.objects.count()) == (1, 1)


def test_a_search_goes_on_behind_the_last_number(admin: Member, stock: list[str]) -> None:
    client = client_of(admin)
    query = {"country": "GB", "number_type": "multi_function", "limit": 5}
    seen: list[str] = []
    while query.get("after") or not seen:
        shelf = client.get(f"{BASE}available/", query).json()
        seen += [row["e164"] for row in shelf["found"]]
        query["after"] = shelf["after"]
    assert seen == stock
    wrong = client.get(f"{BASE}available/", query | {"after": "nobody:+447400000001"})
    assert wrong.status_code == 400


def test_an_order_without_reservation_is_a_problem(admin: Member, stock: list[str]) -> None:
    answer = post(client_of(admin), "orders/", {"e164": stock[0]})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_viewer_reads_and_writes_nothing(viewer: Member, catalogue: None) -> None:
    client = client_of(viewer)
    assert client.get(BASE).status_code == 200
    assert post(client, "sender-ids/", {"code": "A", "country": "GB"}).status_code == 403


def test_a_stranger_finds_nothing(admin: Member, outsider: Member, make_number: Any) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    client = client_of(outsider)
    assert client.get(f"{BASE}{number.pk}/").status_code == 404
    assert post(client, f"{number.pk}/release/", {"number": number.value}).status_code == 404
    assert client.get(BASE).json()["results"] == []


def test_the_list_is_filtered(admin: Member, make_number: Any) -> None:
    make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    make_number(admin, Kind.SENDER_ID, "NORTHWIND")
    rows = (
        client_of(admin).get(BASE, {"kind": "sender_id", "search": "north"}).json()["results"]
    )
    assert [row["value"] for row in rows] == ["NORTHWIND"]


def test_errors_name_the_field(admin: Member, catalogue: None) -> None:
    answer = post(client_of(admin), "sender-ids/", {"code": "TWELVELETTER", "country": "GB"})
    assert answer.json()["errors"][0]["pointer"] == "/code"


def test_a_release_is_refused_while_the_number_is_a_sender_id(
    admin: Member, make_number: Any
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456")
    client = client_of(admin)
    assert post(client, f"{number.pk}/sender-id/").status_code == 201
    answer = post(client, f"{number.pk}/release/", {"number": "+44 7400 123456"})
    assert answer.status_code == 409


def test_requests_of_every_kind_are_made(admin: Member, catalogue: None) -> None:
    client = client_of(admin)
    code = {"country": "GB", "choice": "random", "monthly_volume": 5, "purpose": "Alerts"}
    assert post(client, "short-codes/", code).status_code == 201
    wish = {"country_name": "Afghanistan", "quantity": 2}
    assert post(client, "offline-requests/", wish).status_code == 201
    preview = post(client, "keywords/preview/", {"keyword": "SAVINGS", "choice": "random"})
    assert "No shared default short code" in preview.json()["problem"]
    assert client.get(f"{BASE}rates/", {"country": "gb"}).json()["results"]
    assert client.get(f"{BASE}sms-restrictions/", {"country": "AE"}).json()["results"]


def test_a_token_acts_within_its_scopes(secret: str, catalogue: None) -> None:
    client = bearer(secret)
    assert client.get(BASE).status_code == 200
    answer = post(client, "sender-ids/", {"code": "NORTHWIND", "country": "GB"})
    assert answer.status_code == 201
    assert client.get("/api/v1/apps/").status_code == 403
    entry = AuditEntry.objects.get(action="sender_id.requested")
    assert entry.actor_name == Number.objects.get().created_by.email


def test_a_reading_token_writes_nothing(developer: Member, catalogue: None) -> None:
    secret = tokens.make_token(member=developer, name="R", scopes=["numbers:read"])[1]
    answer = post(bearer(secret), "sender-ids/", {"code": "NORTHWIND", "country": "GB"})
    assert answer.status_code == 403


def test_a_revoked_an_expired_and_an_unknown_token_are_refused(
    developer: Member, secret: str
) -> None:
    assert bearer("imi_unknown").get(BASE).status_code == 401
    ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert bearer(secret).get(BASE).status_code == 401
    ApiToken.objects.update(expires_at=None)
    tokens.revoke_token(member=developer, token=ApiToken.objects.get())
    assert bearer(secret).get(BASE).status_code == 401


def test_a_token_ends_with_its_makers_seat(developer: Member, secret: str) -> None:
    Member.objects.filter(pk=developer.pk).update(is_active=False)
    assert bearer(secret).get(BASE).status_code == 401


def test_a_token_is_shown_once_and_kept_as_digest(developer: Member) -> None:
    client = client_of(developer)
    form = {"name": "CI", "scopes": ["numbers:read"], "days": "90"}
    page = client.post("/settings/tokens/new/", form, follow=True)
    assert "imi_" in page.content.decode()
    token = ApiToken.objects.get()
    assert len(token.digest) == 64
    assert token.digest not in client.get("/settings/tokens/").content.decode()
    client.post(f"/settings/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_an_asset_manager_makes_no_tokens(asset_manager: Member) -> None:
    with pytest.raises(PermissionDenied):
        tokens.make_token(member=asset_manager, name="x", scopes=["numbers:read"])
    assert client_of(asset_manager).get("/settings/tokens/").status_code == 403


def test_a_strangers_token_is_not_found(
    developer: Member, outsider: Member, secret: str
) -> None:
    token = ApiToken.objects.get()
    client = client_of(outsider)
    assert client.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404


def test_the_openapi_document_has_numbers(admin: Member) -> None:
    text = client_of(admin).get("/api/openapi.json?format=json").content.decode()
    assert "/api/v1/numbers/orders/" in text and '"bearer"' in text


def test_the_keyword_test_says_who_gets_a_text(
    admin: Member, viewer: Member, make_number: Any
) -> None:
    code = ShortCode.objects.create(code="80888", country_id="GB", is_shared=True)
    keyword = make_number(admin, Kind.KEYWORD, "SAVINGS", short_code=code)
    service = create_service(member=admin, name="Alerts")
    allocate_number(service=service, number=keyword, channel="sms")
    asked = {"text": "savings please", "short_code": "80888", "country": "gb"}
    client = client_of(viewer)
    said = client.get(f"{BASE}keyword-test/", asked).json()
    assert (said["number"], said["keyword"]) == (str(keyword.pk), "SAVINGS")
    assert said["organization"] == "Northwind Bank"
    assert [row["name"] for row in said["services"]] == ["Alerts (SMS)"]
    stop = client.get(f"{BASE}keyword-test/", asked | {"text": "stop"}).json()
    assert (stop["reserved"], stop["meaning"], stop["services"]) == ("STOP", "opt_out", [])
    uses = client.get(f"{BASE}{keyword.pk}/services/").json()
    assert uses[0]["gets_incoming"] is True
    traffic = client.get(f"{BASE}{keyword.pk}/traffic/").json()
    assert traffic == {"sent": 0, "received": 0, "calls": 0}
