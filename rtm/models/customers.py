"""Customers and their devices."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.querysets import (
    AppOwnedQuerySet,
    CustomerQuerySet,
    email_lowered,
    msisdn_digits,
)


class Customer(Identified):
    """A master profile: the end customer of an organization, by the organization's own id."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="customers"
    )
    customer_id = models.CharField(_("customer ID"), max_length=100)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "customer_id"], name="customer_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="customer_newest"),
            models.Index(F("organization"), msisdn_digits(), name="customer_msisdn"),
            models.Index(F("organization"), email_lowered(), name="customer_email"),
        ]

    def __str__(self) -> str:
        return self.customer_id


class ProfileBatch(Identified):
    """The result of one asynchronous call of the Profile API, found by its transid (the id)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    result = models.JSONField(default=dict)


class Device(Identified):
    """One installation of an app, registered for a user: the app profile of the RTM channel.

    ``session_epoch`` is the number of the newest session known (``connect/presence.py``), so
    that a late "disconnected" of an older one changes nothing; ``holder`` names the server
    that has the connection.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="devices")
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="devices"
    )
    #: Whether the organization, its JWT or a one-time PIN says that the user is the customer.
    is_link_sure = models.BooleanField(default=False, db_default=False, editable=False)
    user_id = models.CharField(_("user ID"), max_length=128)
    device_id = models.CharField(_("device ID"), max_length=128)
    is_guest = models.BooleanField(_("guest"), default=False)
    platform = models.CharField(_("platform"), max_length=20, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    push_id = models.CharField(max_length=4096, blank=True)
    access_token_digest = models.CharField(  # noqa: DJ001 - unique where set
        max_length=64, unique=True, null=True, editable=False
    )
    refresh_token_digest = models.CharField(  # noqa: DJ001 - unique where set
        max_length=64, unique=True, null=True, editable=False
    )
    #: Of the refresh token before this one, which a client has yet whose answer got lost.
    former_refresh_digest = models.CharField(  # noqa: DJ001 - unique where set
        max_length=64, unique=True, null=True, editable=False
    )
    token_expires_at = models.DateTimeField(null=True, blank=True)
    is_connected = models.BooleanField(_("connected"), default=False)
    session_epoch = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=64, blank=True, default="", editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    #: Until when it has surely heard of all events: what came since is told at its connection.
    away_since = models.DateTimeField(null=True, blank=True, editable=False)
    unregistered_at = models.DateTimeField(_("unregistered"), null=True, blank=True)
    #: A word of ``connect/endings.py`` where another registration has ended this one.
    ended_by = models.CharField(
        _("ended by"), max_length=10, blank=True, default="", db_default="", editable=False
    )

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.UniqueConstraint(fields=["app", "user_id", "device_id"], name="device_once"),
        ]
        indexes = [
            models.Index(fields=["app", "-id"], name="device_newest"),
            models.Index(
                fields=["holder"],
                condition=models.Q(is_connected=True),
                name="device_connected_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.device_id}"


class ConnectionHolder(models.Model):
    """A server that holds connections of devices, and when it last said that it is alive."""

    name = models.CharField(max_length=64, primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("connection server")
        verbose_name_plural = _("connection servers")

    def __str__(self) -> str:
        return self.name
