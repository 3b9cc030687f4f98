"""A provider's permission to act for an account, between its login page and the app."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.models.app import App
from imiconnect.identity import Identified
from imiconnect.vault import EncryptedTextField


class Authorization(Identified):
    """One visit to a provider's login page by one person; it lives for an hour.

    ``state_digest`` finds it when the browser comes back; ``kept`` is what the channel needs
    between the two, and from then on what was granted, as JSON, encrypted. ``app`` is set
    when an app that exists is being reconnected.
    """

    channel_type = models.SlugField(max_length=30)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    app = models.ForeignKey(App, on_delete=models.CASCADE, null=True, related_name="+")
    state_digest = models.CharField(max_length=64, unique=True, editable=False)
    kept = EncryptedTextField(default="", blank=True)
    #: Where the person goes on, a path of this platform.
    return_path = models.CharField(max_length=300, default="", blank=True)
    granted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("authorization")
        verbose_name_plural = _("authorizations")
        indexes = [models.Index(fields=["expires_at"], name="authorization_age")]

    def __str__(self) -> str:
        return f"{self.channel_type} {self.created_at:%Y-%m-%d %H:%M}"
