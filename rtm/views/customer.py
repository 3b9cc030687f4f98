"""The pages of one customer: timeline, profile, devices, deleting, exporting, erasing."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from imiconnect.accounts.access import Act
from imiconnect.accounts.models import Member
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import FormPage, PageMixin, back_to
from imiconnect.console.lists import Button
from imiconnect.console.toasts import toast
from imiconnect.manage import ObjectMixin, refuse
from imiconnect.rtm.customers import services
from imiconnect.rtm.customers.erasing import request_erasure
from imiconnect.rtm.customers.exporting import export_customer
from imiconnect.rtm.customers.forms import (
    DOCUMENTED,
    AppProfileForm,
    DeviceForm,
    ProfileForm,
    attributes_in,
    device_initial,
    profile_initial,
)
from imiconnect.rtm.customers.timeline import timeline_of
from imiconnect.rtm.models import Contact, Customer, Device
from imiconnect.rtm.views.customers import customer_url, name_of

_DEVICES = 50


class CustomerMixin(ObjectMixin):
    """A page about one customer."""

    section = "customers"

    def find(self, member: Member) -> Customer:
        """Return the customer, or 404."""
        found: Customer = get_object_or_404(
            Customer.objects.visible_to(member), pk=self.kwargs["key"]
        )
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the customer."""
        back = back_to(customer_url(self.object), self.object.customer_id)
        context: dict[str, Any] = super().get_context_data(**(back | kwargs))  # type: ignore[misc]  # of the page beside
        return context


class CustomerPage(CustomerMixin, PageMixin, TemplateView):
    """Everything with a customer on one timeline, beside the profile and the devices."""

    template_name = "rtm/customer.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the page of the timeline that the address asks for."""
        customer, asked = self.object, self.request.GET
        kind = asked.get("kind", "") if asked.get("kind") in ("message", "event") else ""
        devices = Device.objects.visible_to(self.member).filter(customer=customer)
        contacts = Contact.objects.visible_to(self.member).filter(customer=customer)
        return super().get_context_data(
            title=customer.customer_id,
            back_url=reverse("rtm:customers"),
            back_label=_("Customers"),
            customer=customer,
            name=name_of(customer),
            attributes=_shown(customer.attributes),
            devices=devices.select_related("app").order_by("-is_connected", "-id")[:_DEVICES],
            contacts=contacts.select_related("app").order_by("-last_in_at")[:_DEVICES],
            timeline=timeline_of(
                customer, self.member, before=_key(asked.get("before", "")), kind=kind
            ),
            kinds=_kinds(customer, kind),
            may_change=self.member.can(Act.MANAGE_CUSTOMERS),
            may_erase=self.member.can(Act.ERASE_CUSTOMERS),
            **kwargs,
        )


def _shown(attributes: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return the documented attributes under their labels, then the others by name."""
    labels = {name: ProfileForm.base_fields[name].label for name in DOCUMENTED}
    known = [(labels[name], attributes[name]) for name in DOCUMENTED if name in attributes]
    return known + sorted(item for item in attributes.items() if item[0] not in labels)


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _kinds(customer: Customer, kind: str) -> list[Button]:
    url = customer_url(customer)
    words = (("", _("Everything")), ("message", _("Messages")), ("event", _("Events")))
    return [
        Button(label, f"{url}?kind={slug}" if slug else url, current=slug == kind)
        for slug, label in words
    ]


class EditCustomer(CustomerMixin, FormPage):
    """Change the attributes of a profile."""

    act = Act.MANAGE_CUSTOMERS
    form_class = ProfileForm
    title = _("Change the profile")

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is there."""
        return profile_initial(self.object.attributes)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Save."""
        try:
            services.update_customer(customer=self.object, attributes=attributes_in(form))
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The profile is changed."))
        return redirect(customer_url(self.object))


class DeleteCustomer(CustomerMixin, ConfirmPage):
    """Delete the profile alone."""

    act = Act.MANAGE_CUSTOMERS
    title = _("Delete the profile")
    act_label = _("Delete the profile")
    keep_label = _("Keep the profile")

    def get_object_name(self) -> str:
        """Return the customer ID."""
        return str(self.object)

    def consequences(self) -> list[Any]:
        """Say what goes and what stays."""
        return [
            _("Its attributes and the events of its devices are deleted."),
            _("Its devices stay registered, and its messages stay in the log."),
        ]

    def perform(self) -> str:
        """Delete it."""
        services.delete_customer(customer=self.object)
        toast(self.request, _("The profile %(name)s is deleted.") % {"name": self.object})
        return reverse("rtm:customers")


class EraseCustomer(CustomerMixin, ConfirmPage):
    """Erase everything that names the customer."""

    act = Act.ERASE_CUSTOMERS
    heavy = True
    title = _("Erase the customer")
    act_label = _("Erase the customer")
    keep_label = _("Keep the customer")

    def get_object_name(self) -> str:
        """Return the customer ID."""
        return str(self.object)

    def consequences(self) -> list[Any]:
        """Say what goes."""
        return [
            _("The profile, its devices and all their events are deleted for good."),
            _("The devices are signed out, and conversations of their users are deleted."),
            _("Messages to and from the customer are emptied; their outcomes stay counted."),
            _("What waits to be sent to the customer, or about it to your servers, is not."),
            _("The audit record keeps that you erased this customer ID, and when."),
        ]

    def perform(self) -> str:
        """Erase it."""
        request_erasure(customer=self.object)
        toast(
            self.request,
            _("The customer %(name)s is erased. Old messages are emptied now.")
            % {"name": self.object},
        )
        return reverse("rtm:customers")


class ExportCustomer(CustomerMixin, View):
    """All that is known of a customer, as a JSON file; by POST, since it is recorded."""

    act = Act.MANAGE_CUSTOMERS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send the file piece by piece."""
        return export_response(self.object, self.member)


def export_response(customer: Customer, member: Member) -> StreamingHttpResponse:
    """Answer with the export of a customer as a file."""
    answer = StreamingHttpResponse(
        export_customer(customer=customer, member=member), content_type="application/json"
    )
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="customer-{customer.pk}.json"'
    )
    return answer


class NewAppProfile(CustomerMixin, FormPage):
    """Link a user of an app to the customer before a device registers."""

    act = Act.MANAGE_CUSTOMERS
    form_class = AppProfileForm
    title = _("Add an app profile")
    intro = _(
        "The customer can be reached by customer ID in this app as soon as a device "
        "registers with the user ID."
    )

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who asks."""
        return super().get_form_kwargs() | {"member": self.member}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Make it."""
        try:
            services.create_app_profile(customer=self.object, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The app profile is added."))
        return redirect(customer_url(self.object))


class DeviceMixin(CustomerMixin):
    """A page about one device of a customer."""

    act = Act.MANAGE_CUSTOMERS

    @cached_property
    def device(self) -> Device:
        """The device, or 404."""
        found: Device = get_object_or_404(
            Device.objects.visible_to(self.member).select_related("app"),
            pk=self.kwargs["device_key"],
            customer=self.object,
        )
        return found


class EditDevice(DeviceMixin, FormPage):
    """Change the attributes of an app profile."""

    form_class = DeviceForm
    title = _("Change the app profile")

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is there."""
        return device_initial(self.device.attributes)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which device it is."""
        return super().get_context_data(intro=str(self.device), **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Save."""
        try:
            services.update_app_profile(
                device=self.device, attributes=form.cleaned_data["attributes"]
            )
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The app profile is changed."))
        return redirect(customer_url(self.object))


class UnlinkDevice(DeviceMixin, ConfirmPage):
    """Take a device from the customer; it stays registered."""

    title = _("Unlink the device")
    act_label = _("Unlink the device")
    keep_label = _("Keep the link")

    def get_object_name(self) -> str:
        """Return the user and device ID."""
        return str(self.device)

    def consequences(self) -> list[Any]:
        """Say what changes."""
        return [_("Messages to the customer ID do not reach this device any more.")]

    def perform(self) -> str:
        """Unlink it."""
        services.update_app_profile(device=self.device, unlink=True)
        toast(self.request, _("The device is unlinked."))
        return customer_url(self.object)


class DeleteDevice(DeviceMixin, ConfirmPage):
    """Forget a device."""

    title = _("Delete the app profile")
    act_label = _("Delete the app profile")
    keep_label = _("Keep the app profile")

    def get_object_name(self) -> str:
        """Return the user and device ID."""
        return str(self.device)

    def consequences(self) -> list[Any]:
        """Say what stops."""
        return [
            _("The device is signed out and must register again to get messages."),
            _("What it told of itself is deleted; its events stay on the timeline."),
        ]

    def perform(self) -> str:
        """Delete it."""
        services.delete_app_profile(device=self.device)
        toast(self.request, _("The app profile is deleted."))
        return customer_url(self.object)
