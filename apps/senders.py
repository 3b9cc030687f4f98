"""Numbers that may send the one-time passwords of an app."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.text import folded


def senders_of(organization: Any) -> Any:
    """Return the active numbers of an organization that send SMS in their own name."""
    # Channel types are read before the models are there.
    from imiconnect.numbers.models import Number

    return Number.objects.filter(
        organization=organization,
        kind__in=(Kind.SENDER_ID, Kind.PHONE_NUMBER),
        state=State.ACTIVE,
        sms=True,
    )


def check_sender(organization_id: uuid.UUID, config: Mapping[str, Any]) -> None:
    """Raise ``ValidationError`` unless ``sender_id`` is the organization's and sends SMS."""
    check_sender_id(organization_id, str(config.get("sender_id", "")), field="sender_id")


def check_sender_id(organization_id: uuid.UUID, name: str, *, field: str) -> None:
    """Raise ``ValidationError`` for ``field`` unless a name is a sender of the organization."""
    if name and not senders_of(organization_id).filter(folded=folded(name)).exists():
        sentence = _("Select an active Sender ID of your organization that sends SMS.")
        raise ValidationError({field: [sentence]})


def choices_of(organization: Any) -> list[tuple[str, Any]]:
    """Return the choices of a field: none, and the senders of an organization."""
    senders = senders_of(organization).order_by("-kind", "value")
    names = dict.fromkeys(senders.values_list("value", flat=True))
    return [("", _("None")), *((name, name) for name in names)]
