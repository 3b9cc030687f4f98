"""From which addresses a service's keys may be used."""

from collections.abc import Iterable

from django.db import transaction

from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.sharing.models import Service
from imiconnect.sources import checked_sources


@transaction.atomic
def set_sources(*, service: Service, sources: Iterable[str]) -> Service:
    """Let a service's keys be used from these addresses and networks only; none: from anywhere.

    The next request is judged by them. Raises ``ValidationError`` on ``allowed_sources``.
    """
    service = locked(service)
    before, after = service.allowed_sources, checked_sources(sources)
    if after != before:
        service.allowed_sources = after
        service.save(update_fields=["allowed_sources", "updated_at"])
        record(
            "service.sources_changed",
            service,
            before={"allowed_sources": before},
            after={"allowed_sources": after},
        )
    return service
