"""The hash chain of the audit record."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from imiconnect.accounts.models import Member
from imiconnect.audit import chain
from imiconnect.audit.models import AuditEntry, AuditLink
from imiconnect.audit.services import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(admin: Member) -> list[AuditEntry]:
    """Five chained entries of Northwind beside those of its making."""
    made = [
        record("app.created", organization_id=admin.organization_id, after={"n": number})
        for number in range(5)
    ]
    chain.extend()
    return made


def verify() -> tuple[str, int]:
    """Return what the command prints, and its exit code."""
    out = StringIO()
    try:
        call_command("verify_audit", stdout=out)
    except SystemExit as error:
        return out.getvalue(), int(str(error.code))
    return out.getvalue(), 0


def number_of(entry: AuditEntry) -> int:
    return AuditLink.objects.get(pk=entry.pk).number


def test_an_untouched_record_holds(entries: list[AuditEntry]) -> None:
    text, code = verify()
    assert code == 0 and "links hold" in text


def test_each_entry_is_chained_once(entries: list[AuditEntry]) -> None:
    assert chain.extend() == 0
    assert AuditLink.objects.count() == AuditEntry.objects.count()


def test_organizations_have_chains_of_their_own(
    entries: list[AuditEntry], outsider: Member
) -> None:
    record("ours.happened", outsider)
    chain.extend()
    firsts = AuditLink.objects.filter(number=1)
    assert outsider.organization_id in {link.organization_id for link in firsts}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda entry: {"after": {"n": 99}}, "was changed"),
        (lambda entry: {"actor_name": "Somebody else"}, "was changed"),
        (lambda entry: {"address": "192.0.2.1"}, "was changed"),
    ],
)
def test_a_changed_entry_is_the_first_broken_link(
    entries: list[AuditEntry], change: Any, fault: str
) -> None:
    AuditEntry.objects.filter(pk=entries[2].pk).update(**change(entries[2]))
    text, code = verify()
    assert code == 1 and fault in text
    assert f"link {number_of(entries[2])} is broken" in text and str(entries[2].pk) in text


def test_a_removed_entry_is_named(entries: list[AuditEntry]) -> None:
    AuditEntry.objects.filter(pk=entries[1].pk).delete()
    text, code = verify()
    assert code == 1 and "its entry was removed" in text and str(entries[1].pk) in text


def test_a_removed_link_is_named(entries: list[AuditEntry]) -> None:
    number = number_of(entries[1])
    AuditLink.objects.filter(pk=entries[1].pk).delete()
    text, code = verify()
    assert code == 1 and f"link {number} is missing" in text


def test_a_link_cut_off_the_end_is_named(entries: list[AuditEntry]) -> None:
    AuditLink.objects.filter(pk=entries[4].pk).delete()
    text, code = verify()
    assert code == 1 and "its link was removed" in text


def test_a_deleted_person_breaks_nothing(entries: list[AuditEntry], admin: Member) -> None:
    AuditEntry.objects.filter(pk=entries[0].pk).update(actor=None)
    assert verify()[1] == 0
