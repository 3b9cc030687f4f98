"""Apps whose provider does not answer just now."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App


class Breaker(models.Model):
    """The circuit breaker of an app of a provider; without a row the provider answers.

    ``retry_at`` is when the next message is tried, none while messages still go; ``pause`` is
    how long the next wait will be. Errors are kinds, never texts that quote a customer.
    """

    app = models.OneToOneField(
        App, on_delete=models.CASCADE, primary_key=True, related_name="breaker"
    )
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    pause = models.PositiveIntegerField(_("next pause (seconds)"))
    retry_at = models.DateTimeField(_("next try"), null=True, blank=True)
    error = models.TextField(_("last error"), blank=True)
    failed_at = models.DateTimeField(_("last failure"))

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breakers")

    def __str__(self) -> str:
        return f"{self.app_id}: {self.failures}"
