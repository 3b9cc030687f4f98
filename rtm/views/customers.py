"""Customers: the list, and making one."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import FIGURE, TIME, Column
from imiconnect.console.forms import FormPage
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import refuse
from imiconnect.rtm.customers.forms import NewCustomerForm, attributes_in
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Customer, Device
from imiconnect.rtm.shell import customer_pages


def customer_url(customer: Customer) -> str:
    """Return the address of a customer's page."""
    return address_of("rtm:customer", customer.pk)


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
        try:
            made = create_customer(
                member=acting(self.request),
                customer_id=form.cleaned_data["customer_id"],
                attributes=attributes_in(form),
            )
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("Customer added"))
        return redirect(customer_url(made))
