"""The queues of support: numbers of one kind, as models of their own in the admin."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models.number import Number


class KindManager(models.Manager[Number]):
    """Finds the numbers of one kind only."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> models.QuerySet[Number]:
        """Return the numbers of the kind."""
        return super().get_queryset().filter(kind=self.kind)


class SenderIdRequest(Number):
    """Sender IDs that support approves or rejects."""

    objects: ClassVar[Any] = KindManager(Kind.SENDER_ID)

    class Meta:
        proxy = True
        verbose_name = _("Sender ID request")
        verbose_name_plural = _("Sender ID requests")


class KeywordRequest(Number):
    """Keywords on shared codes that support approves or rejects."""

    objects: ClassVar[Any] = KindManager(Kind.KEYWORD)

    class Meta:
        proxy = True
        verbose_name = _("keyword request")
        verbose_name_plural = _("keyword requests")


class ShortCodeOrder(Number):
    """Short codes that support sends to the operators."""

    objects: ClassVar[Any] = KindManager(Kind.SHORT_CODE)

    class Meta:
        proxy = True
        verbose_name = _("short code order")
        verbose_name_plural = _("short code orders")
