"""What an app of a business account keeps: the business as Apple's landing page names it."""

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: How Apple writes a business where it stands beside customers.
PREFIX = "urn:biz:"
LONGEST = 200


class BusinessConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A business; an account for tests has no brand."""

    business_id: str
    brand: str = ""
    logo: str = ""


class NoSecrets(msgspec.Struct, frozen=True):
    """Calls are signed with the operator's key; an app has none of its own."""


def business_of(text: str) -> str:
    """Return a business id in its one form; raises ``ValueError`` for what is none."""
    return str(uuid.UUID(text.strip().lower().removeprefix(PREFIX)))


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration normalized, or raise a sentence for each field."""
    try:
        found = msgspec.convert(dict(config), BusinessConfig)
    except msgspec.ValidationError as error:
        raise ValidationError({"config": [str(error)]}) from None
    problems: dict[str, Any] = {}
    business_id = ""
    try:
        business_id = business_of(found.business_id)
    except ValueError:
        problems["business_id"] = [_("Business ID must be the one that Apple shows, a UUID.")]
    brand = " ".join(found.brand.split())
    if len(brand) > LONGEST:
        problems["brand"] = [_("The brand name must be 200 characters or fewer.")]
    if problems:
        raise ValidationError(problems)
    logo = found.logo if found.logo.startswith("https://") and len(found.logo) <= 2000 else ""
    return {"business_id": business_id, "brand": brand, "logo": logo}


def account_of(config: Mapping[str, Any]) -> str:
    """Return the business that a configuration names."""
    return str(config.get("business_id", ""))
