"""Contacts: who is known on the channels of providers, and who may be answered now."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from imiconnect.accounts.access import MemberRequiredMixin, acting
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import TIME, Column
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.rtm.models import Contact
from imiconnect.rtm.shell import customer_pages


def window_words(contact: Contact) -> str:
    """Return for how long, and with how many messages, a contact may be answered."""
    if contact.closed_at is not None:
        return _now("They have left")
    if not contact.may_be_answered():
        return _now("The customer writes first")
    ends, left = contact.window_ends_at(), contact.messages_left()
    if ends is None:
        return _now("Always")
    time = timeuntil(ends).replace("\xa0", " ")
    if left is None:
        return time
    return f"{time}, {ngettext('%d message', '%d messages', left) % left}"


def customer_of(contact: Contact) -> str:
    """Return the customer ID of whom a contact is, or an empty string."""
    return contact.customer.customer_id if contact.customer else ""


def link_of(contact: Contact) -> str:
    """Return the page of the customer, where the contact has one; else that of the app."""
    if contact.customer_id:
        return address_of("rtm:customer", contact.customer_id)
    return address_of("apps:manage", contact.app_id)


class ContactFilters(FilterForm):
    """The filters of the list of contacts."""

    q = forms.CharField(label=_("Address or customer ID"), max_length=128)
    app = forms.CharField(label=_("App ID"), max_length=32)
    customer = forms.ChoiceField(
        label=_("Customer"),
        choices=[("", _("All")), ("linked", _("Linked")), ("unknown", _("Unknown"))],
    )


class Contacts(MemberRequiredMixin, ListPage):
    """Addresses on channels of the apps that the person sees."""

    section = "customers"
    title = _("Contacts")
    filter_form = ContactFilters
    export_name = "contacts"
    caption = _("Contacts, newest first")
    columns: ClassVar = (
        Column("address", _("Address"), href=link_of),
        Column("app", _("App"), lambda contact: contact.app.name),
        Column("customer", _("Customer ID"), customer_of),
        Column("last_in_at", _("Last message from them"), kind=TIME),
        Column("window", _("May be answered for"), window_words),
    )
    empty = Empty(
        _("No contacts yet"),
        _("Whoever writes to a Facebook, Twitter, WeChat or Apple app is listed here."),
        None,
        "users",
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the contacts of the apps that the person may see."""
        rows: QuerySet[Any] = Contact.objects.visible_to(acting(self.request))
        return rows.select_related("app", "customer")

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find by the whole address or customer ID, by app, and by being linked."""
        rows: Any = queryset
        found: QuerySet[Any] = rows.found(
            words=values.get("q") or "",
            app_id=(values.get("app") or "").strip(),
            linked={"linked": True, "unknown": False}.get(values.get("customer") or ""),
        )
        return found

    def kinds(self) -> list[Button]:
        """Lead to the other lists of customers."""
        return customer_pages("contacts")
