"""Whether an app can do its work: its last check at the provider, and what expires."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models.app import App
from imiconnect.apps.push.credentials import Platform
from imiconnect.identity import Identified


class AppHealth(Identified):
    """What the last checks of an app at its provider have found.

    ``broken_since`` marks the episode: its mail is sent once (``told_at``), and the next one
    begins after a check that succeeds.
    """

    class State(models.TextChoices):
        """The verdict."""

        UNCHECKED = "unchecked", _("Not checked yet")
        HEALTHY = "healthy", _("Healthy")
        BROKEN = "broken", _("Broken")

    app = models.OneToOneField(App, on_delete=models.CASCADE, related_name="checkup")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UNCHECKED
    )
    problem = models.TextField(_("problem"), default="", blank=True)
    #: Checks in a row that did not come to an answer.
    misses = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(_("last check"), null=True, blank=True)
    #: What the provider lets the app do, in its words; None where it has not said.
    granted = models.JSONField(null=True, blank=True)
    next_check_at = models.DateTimeField(default=timezone.now)
    broken_since = models.DateTimeField(_("broken since"), null=True, blank=True)
    told_at = models.DateTimeField(_("told by mail"), null=True, blank=True)

    class Meta:
        verbose_name = _("health of an app")
        verbose_name_plural = _("health of apps")
        indexes = [models.Index(fields=["next_check_at"], name="health_due")]

    def __str__(self) -> str:
        return f"{self.app}: {self.get_state_display()}"


class AppExpiry(Identified):
    """Something of an app that ends by itself: a token, a certificate.

    ``warned_days`` is the last of the warnings that was mailed, in days before the end.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="expiries")
    name = models.SlugField(max_length=30)
    expires_at = models.DateTimeField(_("valid until"))
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("expiry")
        verbose_name_plural = _("expiries")
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="expiry_once")]
        indexes = [models.Index(fields=["expires_at"], name="expiry_next")]

    def __str__(self) -> str:
        return f"{self.app}: {self.name}"


class PushHealth(Identified):
    """What came of pushing to the devices of one platform of an app.

    ``refused`` is what the push service said when it did not accept the credentials, empty
    as long as it does: no message goes until a person changes something.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="push_health")
    platform = models.CharField(_("platform"), max_length=10, choices=Platform.choices)
    last_sent_at = models.DateTimeField(_("last sent"), null=True, blank=True)
    last_failed_at = models.DateTimeField(_("last failure"), null=True, blank=True)
    last_failure = models.CharField(_("failure"), max_length=300, default="", blank=True)
    refused = models.CharField(_("refused"), max_length=200, default="", blank=True)

    class Meta:
        verbose_name = _("health of push")
        verbose_name_plural = _("health of push")
        constraints = [
            models.UniqueConstraint(fields=["app", "platform"], name="push_health_once")
        ]

    def __str__(self) -> str:
        return f"{self.app}: {self.get_platform_display()}"
