"""What a service's texts are for, and what becomes of them in quiet hours."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.sharing.changes import tell
from imiconnect.sharing.models import Service


@transaction.atomic
def set_sms(*, service: Service, purpose: str, quiet_hours: str) -> Service:
    """Change which of the countries' rules are held against the service's texts, and how.

    Raises ``ValidationError`` by field for a word that is none of ``Service.Purpose`` or
    ``Service.QuietHours``.
    """
    if purpose not in Service.Purpose.values:
        raise ValidationError({"sms_purpose": [_("Select what the texts are for.")]})
    if quiet_hours not in Service.QuietHours.values:
        raise ValidationError({"sms_quiet_hours": [_("Select what happens in quiet hours.")]})
    service = locked(service)
    before = {"purpose": service.sms_purpose, "quiet_hours": service.sms_quiet_hours}
    service.sms_purpose, service.sms_quiet_hours = purpose, quiet_hours
    after = {"purpose": purpose, "quiet_hours": quiet_hours}
    if after != before:
        service.save(update_fields=["sms_purpose", "sms_quiet_hours", "updated_at"])
        record("service.sms_changed", service, before=before, after=after)
        tell(service)
    return service
