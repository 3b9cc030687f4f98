"""Addresses that countries ask for, kept to be used again."""

from django.db import transaction

from imiconnect.accounts.models import Member
from imiconnect.audit.services import record
from imiconnect.numbers.models import Address
from imiconnect.numbers.services import history

FIELDS = ("name", "street", "city", "region", "postal_code")


@transaction.atomic
def keep_address(*, member: Member, country: str, **fields: str) -> Address:
    """Return the organization's address with these fields; it is written once."""
    history.may_manage(member)
    values = {name: " ".join(fields.get(name, "").split()) for name in FIELDS}
    known: Address | None = Address.objects.filter(
        organization=member.organization_id, country=country, **values
    ).first()
    if known:
        return known
    address: Address = Address.objects.create(
        organization_id=member.organization_id,
        country_id=country,
        created_by_id=member.user_id,
        **values,
    )
    record("address.added", address, after={"country": country})
    return address
