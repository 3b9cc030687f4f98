"""Reads of the gateway's rows."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Func, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from imiconnect.apps.models import App

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows of an organization as a whole."""

    def visible_to(self, member: "Member") -> Self:
        """Return the rows of the person's organization."""
        return self.filter(organization=member.organization_id)


class TemplateQuerySet(OwnedQuerySet):
    """Message templates: those of the whole organization, and those of services."""

    def visible_to(self, member: "Member") -> Self:
        """Return what the person's services may use."""
        from imiconnect.sharing.models import Service

        rows = super().visible_to(member)
        if not member.group_id:
            return rows
        services = Service.objects.visible_to(member).values("pk")
        return rows.filter(models.Q(service=None) | models.Q(service__in=services))


class CustomerQuerySet(OwnedQuerySet):
    """Master profiles."""

    def with_msisdn(self, digits: str) -> Self:
        """Return those whose mobile number is this one, however it is written there."""
        return self.alias(digits=msisdn_digits()).filter(digits=digits)

    def with_email(self, address: str) -> Self:
        """Return those whose e-mail address is this one, in any case."""
        return self.alias(lowered=email_lowered()).filter(lowered=address.lower())


def msisdn_digits() -> Func:
    """Return the digits of a profile's mobile number, as the index of customers has them."""
    number = KeyTextTransform("msisdn", "attributes")
    parts = (number, Value(r"\D"), Value(""), Value("g"))
    return Func(*parts, function="regexp_replace", output_field=models.TextField())


def email_lowered() -> Lower:
    """Return a profile's e-mail address without case, as the index of customers has it."""
    return Lower(KeyTextTransform("email", "attributes"))


class AppOwnedQuerySet(models.QuerySet[Any]):
    """Rows of an app."""

    def visible_to(self, member: "Member") -> Self:
        """Return the rows of the apps that the person may see."""
        return self.filter(app__in=App.objects.visible_to(member).values("pk"))


class ContactQuerySet(AppOwnedQuerySet):
    """Addresses on channels of providers."""

    def found(self, *, words: str = "", app_id: str = "", linked: bool | None = None) -> Self:
        """Return those of an address or customer ID, of an app, with or without a customer."""
        rows, words = self, words.strip()
        if words:
            named = models.Q(address=words) | models.Q(customer__customer_id=words)
            rows = rows.filter(named)
        if app_id:
            rows = rows.filter(app__app_id=app_id)
        return rows if linked is None else rows.filter(customer__isnull=not linked)


class ThreadQuerySet(AppOwnedQuerySet):
    """Threads of apps."""

    def visible_to(self, member: "Member") -> Self:
        """Return those whose app and service the person sees, less other agents' ones."""
        from imiconnect.rtm.desk.separation import seen_by
        from imiconnect.sharing.models import Service

        rows = super().visible_to(member)
        if member.group_id:
            services = Service.objects.visible_to(member).values("pk")
            rows = rows.filter(models.Q(service=None) | models.Q(service__in=services))
        found: Self = seen_by(rows, member, "pk")
        return found


class ServiceOwnedQuerySet(models.QuerySet[Any]):
    """Rows that belong to a service, and to an organization without one."""

    def visible_to(self, member: "Member") -> Self:
        """Return the rows of the services the person may see; at the top, all."""
        from imiconnect.sharing.models import Service

        rows = self.filter(organization=member.organization_id)
        if not member.group_id:
            return rows
        services = list(Service.objects.visible_to(member).values_list("pk", flat=True))
        return rows.filter(service__in=services)


class MessageQuerySet(ServiceOwnedQuerySet):
    """Messages of the log."""

    def visible_to(self, member: "Member") -> Self:
        """Return those of the person's services, less what is said with other agents."""
        from imiconnect.rtm.desk.separation import seen_by

        found: Self = seen_by(super().visible_to(member), member)
        return found

    def at_level(self, member: "Member") -> Self:
        """Return those of the person's services, to be counted and not read."""
        return super().visible_to(member)


class RecordingQuerySet(ServiceOwnedQuerySet):
    """Recordings of calls."""

    def visible_to(self, member: "Member") -> Self:
        """Return those of the person's services that were made, and are wanted."""
        return super().visible_to(member).filter(state__in=("waiting", "stored", "lost"))


class CallbackQuerySet(ServiceOwnedQuerySet):
    """Notifications to customers' servers."""

    def visible_to(self, member: "Member") -> Self:
        """Return those of the person's services, less what is said with other agents."""
        from imiconnect.rtm.desk.separation import callbacks_seen_by

        found: Self = callbacks_seen_by(super().visible_to(member), member)
        return found
