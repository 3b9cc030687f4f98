"""Customers: the list, one customer with devices and messages, and making one."""

import uuid
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.console.columns import FIGURE, TIME, Column
from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.toasts import toast
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Customer, Device, Message, Thread
from imiconnect.rtm.search import word_of
from imiconnect.rtm.shell import customer_pages

_RECENT = 30
_DEVICES = 50
#: Attributes that the documented master profile has (facts/imiconnect.md, section 16).
DOCUMENTED = ("name", "email", "msisdn")


def customer_url(customer: Customer) -> str:
    """Return the address of a customer's page."""
    return reverse("rtm:customer", args=[customer.pk])


def name_of(customer: Customer) -> str:
    """Return the name that the attributes tell, or an empty string."""
    known = customer.attributes
    parts = (known.get("firstName"), known.get("lastName"))
    return str(known.get("name") or " ".join(str(part) for part in parts if part))


class CustomerFilters(FilterForm):
    """The filters of the list of customers."""

    q = forms.CharField(label=_("Customer ID or user ID"), max_length=128)


class Customers(MemberRequiredMixin, ListPage):
    """The master profiles of the organization."""

    section = "customers"
    title = _("Customers")
    filter_form = CustomerFilters
    export_name = "customers"
    caption = _("Customers, newest first")
    columns: ClassVar = (
        Column("customer_id", _("Customer ID"), href=customer_url),
        Column("name", _("Name"), name_of),
        Column("devices", _("Devices"), lambda customer: customer.registered, FIGURE),
        Column("created_at", _("Created"), kind=TIME),
        Column("updated_at", _("Changed"), kind=TIME),
    )

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say where customers come from."""
        may_add = acting(self.request).can(Act.MANAGE_CUSTOMERS)
        button = Button(_("ADD NEW"), reverse("rtm:customer-new")) if may_add else None
        text = _(
            "A customer ties the devices of a person together. The Profile API makes them too."
        )
        return Empty(_("No customers yet"), text, button, "users")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the organization's customers with the number of their devices."""
        registered = Count("devices", filter=Q(devices__unregistered_at=None))
        customers: QuerySet[Any] = Customer.objects.visible_to(acting(self.request))
        found: QuerySet[Any] = customers.annotate(registered=registered)
        return found

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find a customer by the own id or by the user id of a device."""
        words = (values.get("q") or "").strip()
        if not words:
            return queryset
        users = Device.objects.visible_to(acting(self.request)).filter(user_id=words)
        return queryset.filter(Q(customer_id=words) | Q(pk__in=users.values("customer")))

    def kinds(self) -> list[Button]:
        """Lead to topics and segments."""
        return customer_pages("customers")

    def primary(self) -> Button | None:
        """Offer to make a customer to those who may."""
        if not acting(self.request).can(Act.MANAGE_CUSTOMERS):
            return None
        return Button(_("ADD NEW"), reverse("rtm:customer-new"), "plus")


@member_required()
def customer(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show attributes, devices and recent messages of a customer."""
    member = acting(request)
    found = get_object_or_404(Customer.objects.visible_to(member), pk=key)
    devices = list(
        Device.objects.visible_to(member)
        .filter(customer=found)
        .select_related("app")
        .order_by("-is_connected", "-id")[:_DEVICES]
    )
    context = {
        "section": "customers",
        "title": found.customer_id,
        "back_url": reverse("rtm:customers"),
        "back_label": _("Customers"),
        "customer": found,
        "attributes": sorted(found.attributes.items()),
        "devices": devices,
        "messages_shown": _recent(member, devices),
    }
    return render(request, "rtm/customer.html", context)


class NewCustomerForm(ConsoleForm):
    """What a new customer needs: the organization's own id; the rest may come later."""

    customer_id = forms.CharField(
        label=_("Customer ID"),
        help_text=_("Your own number or name of the customer, such as a CRN."),
        max_length=100,
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        error_messages={"invalid": _("Enter an e-mail address such as ana@example.com")},
    )
    msisdn = forms.CharField(
        label=_("Mobile number"),
        help_text=_("With the country code, such as +44 7700 900123."),
        max_length=32,
        required=False,
    )


class NewCustomer(MemberRequiredMixin, FormPage):
    """Make a customer."""

    act = Act.MANAGE_CUSTOMERS
    form_class = NewCustomerForm
    section = "customers"
    title = _("New customer")
    back_url = reverse_lazy("rtm:customers")
    back_label = _("Customers")
    cancel_url = reverse_lazy("rtm:customers")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Create the customer by the service that the Profile API uses."""
        values = form.cleaned_data
        attributes = {name: values[name] for name in DOCUMENTED if values[name]}
        try:
            made = create_customer(
                member=acting(self.request),
                customer_id=values["customer_id"],
                attributes=attributes,
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        toast(self.request, _("Customer added"))
        return redirect(customer_url(made))


def _recent(member: Any, devices: list[Device]) -> list[tuple[Message, str]]:
    """Return the newest messages of the users behind the devices, with words of state."""
    users = Q(pk__in=[])
    for app_id, user_id in {(device.app_id, device.user_id) for device in devices}:
        users |= Q(app=app_id, user_id=user_id)
    threads = list(Thread.objects.filter(users).values_list("pk", flat=True)[:200])
    newest = Message.objects.visible_to(member).filter(thread__in=threads)
    rows = newest.select_related("app", "service").order_by("-id")[:_RECENT]
    return [(message, word_of(message)) for message in rows]
