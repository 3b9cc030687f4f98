"""Channel assets: what an IP channel needs to send and receive messages."""

import secrets
import string
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import LevelOwned, User
from imiconnect.apps.querysets import AppQuerySet
from imiconnect.identity import Identified
from imiconnect.vault import EncryptedTextField


def new_app_id() -> str:
    """Return a fresh AppId: two capitals and eight digits, as IMIconnect's are."""
    letters = "".join(secrets.choice(string.ascii_uppercase) for _i in range(2))
    return letters + "".join(secrets.choice(string.digits) for _i in range(8))


class App(LevelOwned, Identified):
    """A channel asset of one channel type, owned by the level of its creator.

    ``policy`` is what live devices follow and may be changed at any time; ``config`` holds
    what the channel type needs; ``secrets`` holds its credentials, as JSON, encrypted.
    """

    class State(models.TextChoices):
        """Whether messages may go through this app."""

        ACTIVE = "active", _("Active")
        OFF = "off", _("Off")

    app_id = models.CharField(
        _("App ID"), max_length=10, unique=True, default=new_app_id, editable=False
    )
    name = models.CharField(_("name"), max_length=100)
    channel_type = models.SlugField(_("channel type"), max_length=30)
    #: The account at the provider (a page, a handle), where the channel type names one; its
    #: events find the app by it, so no two apps have the same.
    account = models.CharField(_("account"), max_length=200, default="", blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ACTIVE
    )
    config = models.JSONField(default=dict, blank=True)
    secrets = EncryptedTextField(default="", blank=True)
    policy = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = AppQuerySet.as_manager()

    class Meta(LevelOwned.Meta):
        verbose_name = _("app")
        verbose_name_plural = _("apps")
        constraints = [
            *LevelOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(app_id__regex=r"^[A-Z]{2}[0-9]{8}$"), name="app_id_shape"
            ),
            models.UniqueConstraint(
                fields=["channel_type", "account"],
                condition=~Q(account=""),
                name="app_account_once",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="app_newest")]

    def __str__(self) -> str:
        return self.name


class ClientKey(Identified):
    """A client key ("secret key") of an app; several are valid while one replaces another."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="client_keys")
    secret = EncryptedTextField(_("client key"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("client key")
        verbose_name_plural = _("client keys")
        constraints = [
            models.UniqueConstraint(
                fields=["app"],
                condition=Q(expires_at__isnull=True),
                name="client_key_one_current",
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.secret[-4:]}"
