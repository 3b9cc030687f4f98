"""Writes of customers by people and by the demonstration."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.audit.services import record
from imiconnect.rtm.models import Customer


@transaction.atomic
def create_customer(
    *, member: Member, customer_id: str, attributes: Mapping[str, Any]
) -> Customer:
    """Make a master profile; raises ``ValidationError`` when the ID has one."""
    try:
        with transaction.atomic():
            customer: Customer = Customer.objects.create(
                organization=member.organization,
                customer_id=customer_id,
                attributes=dict(attributes),
            )
    except IntegrityError:
        sentence = _("There is a customer with this ID already.")
        raise ValidationError({"customer_id": [sentence]}) from None
    record("customer.created", customer)
    return customer
