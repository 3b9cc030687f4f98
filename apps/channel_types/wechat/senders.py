"""Numbers that may send the one-time password of the on-boarding."""

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
    """Raise ``ValidationError`` unless the Sender ID is the organization's and sends SMS."""
    name = str(config.get("sender_id", ""))
    if name and not senders_of(organization_id).filter(folded=folded(name)).exists():
        sentence = _("Select an active Sender ID of your organization that sends SMS.")
        raise ValidationError({"sender_id": [sentence]})
