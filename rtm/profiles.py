"""Writes of master profiles: customers and their attributes.

The only writer for the page and the Profile API. Errors are ``ValidationError`` by field.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.audit.services import record
from imiconnect.rtm.models import Customer

ID_LENGTH = 100
#: The most that the attributes of one customer may take, as JSON.
ATTRIBUTES_BYTES = 16_384


class CustomerExists(ValidationError):
    """The organization has a customer of this id already (the Profile API's code 7015)."""


@transaction.atomic
def create_customer(
    *, organization: Organization, customer_id: str, attributes: Mapping[str, Any]
) -> Customer:
    """Make a customer; raises ``CustomerExists``, or ``ValidationError`` by field."""
    wanted = customer_id.strip()
    problems = {**_id_problems(wanted), **_attribute_problems(attributes)}
    if problems:
        raise ValidationError(problems)
    try:
        with transaction.atomic():
            made: Customer = Customer.objects.create(
                organization=organization, customer_id=wanted, attributes=dict(attributes)
            )
    except IntegrityError:
        sentence = _("There is a customer “%(id)s” already. Enter another customer ID.")
        error = ValidationError(sentence, params={"id": wanted})
        raise CustomerExists({"customer_id": error}) from None
    # Attributes are personal data: the trail names them, and never their values.
    record("customer.created", made, after={"attributes": sorted(attributes)})
    return made


def _id_problems(customer_id: str) -> dict[str, Any]:
    if not customer_id:
        return {"customer_id": [_("Enter the customer ID")]}
    if len(customer_id) > ID_LENGTH:
        return {"customer_id": [_("Customer ID must be 100 characters or fewer.")]}
    if not customer_id.isprintable():
        return {"customer_id": [_("Customer ID must not contain line breaks or tabs.")]}
    return {}


def _attribute_problems(attributes: Mapping[str, Any]) -> dict[str, Any]:
    if len(json.dumps(dict(attributes), default=str).encode()) > ATTRIBUTES_BYTES:
        return {"attributes": [_("Attributes must be 16 KB or less.")]}
    return {}
