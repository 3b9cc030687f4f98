"""The list of opt-outs and its words, on pages and over REST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers.models import ShortCode
from imiconnect.rtm.models import OptOut, OptWord
from imiconnect.rtm.telecom.optouts import opt_out, save_word
from tests.sharing.conftest import make_number

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
PAGE, API = "/customers/opt-outs/", "/api/v1/opt-outs/"


def test_a_number_is_put_on_the_list_found_and_taken_off(
    asset_manager: Member, client_of: ClientOf
) -> None:
    client = client_of(asset_manager)
    client.post(f"{PAGE}new/", {"address": "+44 7400 123456", "sender": "NWBANK"})
    row = OptOut.objects.get()
    assert (row.address, row.sender, row.source) == ("447400123456", "NWBANK", "console")
    found = client.get(PAGE, {"q": "+44 7400 123456"}).content.decode()
    assert "+44 7400 123456" in found
    assert "No" in client.get(PAGE, {"q": "+44 7400 654321"}).content.decode()
    client.post(f"{PAGE}{row.pk}/remove/")
    assert not OptOut.objects.exists()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"opt_out.added", "opt_out.removed"} <= actions


def test_a_number_that_cannot_exist_is_refused_at_its_field(
    admin: Member, client_of: ClientOf
) -> None:
    answer = client_of(admin).post(f"{PAGE}new/", {"address": "12"})
    assert answer.status_code == 422
    assert "country code" in answer.content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_who_may_change_the_list(
    role: Role, cast: dict[Role, Member], client_of: ClientOf
) -> None:
    client = client_of(cast[role])
    assert client.get(PAGE).status_code == 200
    answer = client.post(API, {"address": "+447400123456"}, content_type="application/json")
    assert answer.status_code == (403 if role is Role.VIEWER else 201)


def test_rest_lists_one_number_and_takes_it_off(admin: Member, client_of: ClientOf) -> None:
    row = opt_out(member=admin, address="+447400123456")
    opt_out(member=admin, address="+447400123457")
    client = client_of(admin)
    listed = client.get(API, {"address": "+44 7400 123456"}).json()["results"]
    assert [item["id"] for item in listed] == [str(row.pk)]
    assert client.delete(f"{API}{row.pk}/").status_code == 204


def test_another_organizations_list_is_not_seen(
    admin: Member, outsider: Member, client_of: ClientOf
) -> None:
    row = opt_out(member=admin, address="+447400123456")
    client = client_of(outsider)
    assert client.get(API).json()["results"] == []
    assert client.delete(f"{API}{row.pk}/").status_code == 404


def test_a_word_is_added_once_and_removed(admin: Member, client_of: ClientOf) -> None:
    client, url = client_of(admin), "/customers/opt-out-words/"
    values = {"word": "Genug", "meaning": "opt_out", "reply": "Schade."}
    assert client.post(url, values).status_code == 302
    assert client.post(url, values | {"word": "GENUG"}).status_code == 422
    word = OptWord.objects.get()
    assert "Schade." in client.get(url).content.decode()
    client.post(f"{url}{word.pk}/remove/")
    assert not OptWord.objects.exists()


def test_rest_adds_and_changes_words(admin: Member, client_of: ClientOf) -> None:
    client, url = client_of(admin), "/api/v1/opt-out-words/"
    values: dict[str, Any] = {"word": "GENUG", "meaning": "opt_out"}
    made = client.post(url, values, content_type="application/json").json()
    changed = client.put(
        f"{url}{made['id']}/", values | {"reply": "Schade."}, content_type="application/json"
    )
    assert changed.json()["reply"] == "Schade."
    refused = client.post(url, values | {"word": "a b"}, content_type="application/json")
    assert refused.status_code == 400


def test_the_keyword_test_knows_the_own_words(
    admin: Member, client_of: ClientOf, catalogue: None
) -> None:
    code = ShortCode.objects.create(code="55555", country_id="GB")
    make_number(admin, "short_code", "55555", short_code=code, is_dedicated=True)
    save_word(member=admin, word="Genug", meaning="opt_out")
    values = {"text": "genug!", "code": str(code.pk)}
    page = client_of(admin).post("/tools/keyword-test/", values).content.decode()
    assert "Genug: Opt-out" in page
