"""Writing the record; called by services inside their own transaction."""

import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from imiconnect.audit.models import AuditEntry


@dataclass(frozen=True)
class Origin:
    """Who acts in this request or task, and from which address."""

    user: AbstractBaseUser | None = None
    address: str | None = None


NOBODY = Origin()

#: Set by the middleware for a request; a task or a command acts as nobody in particular.
origin: ContextVar[Origin] = ContextVar("audit_origin", default=NOBODY)


def record(
    action: str,
    target: models.Model | None = None,
    *,
    organization_id: uuid.UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write that ``action`` (``"service.suspended"``) happened to ``target``.

    Call it inside the transaction of the change. Secrets go in as fingerprints only.
    """
    source = origin.get()
    user = source.user if source.user is not None and source.user.pk else None
    return AuditEntry.objects.create(
        organization_id=organization_id or getattr(target, "organization_id", None),
        actor_id=user.pk if user else None,
        actor_name=str(user) if user else settings.PLATFORM_NAME,
        action=action,
        object_type=target._meta.label_lower if target is not None else "",
        object_id=str(target.pk) if target is not None else "",
        object_name=str(target)[:200] if target is not None else "",
        before=before or {},
        after=after or {},
        address=source.address,
    )
