"""Message templates as the package of services knows them (``sharing/ports.py``)."""

import uuid

from django.db.models import Q
from django.urls import reverse

from imiconnect.rtm.models import MessageTemplate
from imiconnect.rtm.wordings.rendering import names_in
from imiconnect.sharing.models import Service
from imiconnect.sharing.ports import TemplateOffer

_MOST = 500


def offers_of(service: Service, key: uuid.UUID | None) -> list[TemplateOffer]:
    """Return the templates that a service may send, by name; with a ``key`` that one alone."""
    rows = MessageTemplate.objects.filter(
        Q(service=None) | Q(service=service), organization_id=service.organization_id
    )
    if key:
        rows = rows.filter(pk=key)
    return [
        TemplateOffer(
            row.pk,
            row.name,
            row.channel,
            tuple(names_in(row.content)),
            reverse("rtm:template", args=[row.pk]),
        )
        for row in rows.order_by("name", "id")[:_MOST]
    ]
