"""Reads of rules."""

from typing import Any, Self

from django.db import models

from imiconnect.accounts.models import Member


class RuleQuerySet(models.QuerySet[Any]):
    """Rules of services."""

    def visible_to(self, member: Member) -> Self:
        """Return the rules of the services that the person may see."""
        from imiconnect.sharing.models import Service

        return self.filter(service__in=Service.objects.visible_to(member).values("pk"))

    def in_order(self) -> Self:
        """Return them as they are looked at."""
        return self.order_by("position", "pk")
