"""Customers > Segments: the list, one segment, making and deleting one."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.console.columns import TIME, Column
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import Card, ManagePage, ObjectMixin, refuse
from imiconnect.rtm import segments as services
from imiconnect.rtm.audience import size_of
from imiconnect.rtm.models import Segment
from imiconnect.rtm.shell import customer_pages
from imiconnect.rtm.views.topics import apps_with_devices, lines_of


def segment_url(segment: Segment) -> str:
    """Return the address of a segment's page."""
    return reverse("rtm:segment", args=[segment.pk])


class SegmentFilters(FilterForm):
    """The filters of the list."""

    q = forms.CharField(label=_("Name"), max_length=100)


class Segments(MemberRequiredMixin, ListPage):
    """The segments of the apps that a person may see."""

    section = "customers"
    title = _("Segments")
    filter_form = SegmentFilters
    export_name = "segments"
    caption = _("Segments, newest first")
    columns: ClassVar = (
        Column("name", _("Name"), href=segment_url),
        Column("app", _("App"), "app.name"),
        Column("criteria", _("Users"), lambda row: row.criteria or _("A list")),
        Column("created_at", _("Created"), kind=TIME),
    )

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what segments are for."""
        text = _("A segment is a list of users, or an expression over topics, with a name.")
        return Empty(_("No segments yet"), text, self.primary(), "users")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the segments."""
        rows: QuerySet[Any] = Segment.objects.visible_to(acting(self.request))
        return rows.select_related("app")

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find by a part of the name."""
        words = (values.get("q") or "").strip()
        return queryset.filter(name__icontains=words) if words else queryset

    def kinds(self) -> list[Button]:
        """Lead to customers and topics."""
        return customer_pages("segments")

    def primary(self) -> Button | None:
        """Offer to make a segment to those who may."""
        if not acting(self.request).can(Act.MANAGE_CUSTOMERS):
            return None
        return Button(_("ADD NEW"), reverse("rtm:segment-new"), "plus")


class SegmentForm(ConsoleForm):
    """What a segment is: an expression, or a list."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Letters, digits and . _ : @ - without spaces, such as vip-customers."),
    )
    criteria = forms.CharField(
        label=_("Expression over topics"),
        max_length=1000,
        required=False,
        help_text=_("Such as (news | sport) - unwanted; & is both, ! is everybody else."),
        widget=forms.TextInput({"spellcheck": "false", "autocapitalize": "off"}),
    )
    user_ids = forms.CharField(
        label=_("Or a list of user IDs"),
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        required=False,
        help_text=_("One in each line, at most 1,000; more through the API."),
    )

    def clean_user_ids(self) -> list[str]:
        """Return the lines."""
        return lines_of(self.cleaned_data["user_ids"])


class NewSegmentForm(SegmentForm):
    """A segment to make."""

    app = forms.ModelChoiceField(queryset=App.objects.none(), label=_("App"))

    field_order = ("app", "name")

    def __init__(self, *args: Any, apps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["app"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = apps


class NewSegment(MemberRequiredMixin, FormPage):
    """Make a segment."""

    act = Act.MANAGE_CUSTOMERS
    form_class = NewSegmentForm
    section = "customers"
    title = _("New segment")
    back_url = cancel_url = reverse_lazy("rtm:segments")
    back_label = _("Segments")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the apps to choose from."""
        apps = apps_with_devices(acting(self.request))
        return super().get_form_kwargs() | {"apps": apps}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Create it."""
        try:
            segment = services.create_segment(**form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("Segment added"))
        return redirect(segment_url(segment))


def _change(page: Any, values: dict[str, Any]) -> None:
    # A list longer than the page shows is not shortened to what is shown.
    if page.is_long and values["user_ids"] == page.first_users():
        values["user_ids"] = None
    services.update_segment(segment=page.object, **values)
    toast(page.request, _("The segment is changed."))


class SegmentMixin(ObjectMixin):
    """A page about one segment."""

    section = "customers"

    def find(self, member: Member) -> Segment:
        """Return the segment, or 404."""
        rows = Segment.objects.visible_to(member).select_related("app")
        found: Segment = get_object_or_404(rows, pk=self.kwargs["segment"])
        return found


class SegmentPage(SegmentMixin, ManagePage):
    """One segment with the number of its users now."""

    template_name = "rtm/segment.html"
    back_url = reverse_lazy("rtm:segments")
    back_label = _("Segments")
    cards = (
        Card(
            "change",
            SegmentForm,
            Act.MANAGE_CUSTOMERS,
            _change,
            initial=lambda page: {
                "name": page.object.name,
                "criteria": page.object.criteria,
                "user_ids": "\n".join(page.first_users()),
            },
        ),
    )

    @property
    def is_long(self) -> bool:
        """Tell whether the list is longer than the form shows."""
        return bool(self.object.users.count() > services.SHOWN_USERS)

    def first_users(self) -> list[str]:
        """Return the users that the form shows."""
        rows = self.object.users.order_by("user_id").values_list("user_id", flat=True)
        return list(rows[: services.SHOWN_USERS])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how many users there are."""
        shown = {"title": self.object.name, "size": size_of(self.object)}
        return super().get_context_data(**kwargs) | shown | {"is_long": self.is_long}


class DeleteSegment(SegmentMixin, ConfirmPage):
    """Deleting a segment."""

    act = Act.MANAGE_CUSTOMERS
    title = _("Delete the segment")
    act_label = _("Delete the segment")
    keep_label = _("Keep the segment")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the segment."""
        url = segment_url(self.object)
        back = {"back_url": url, "cancel_url": url, "back_label": self.object.name}
        return super().get_context_data(**back, **kwargs)

    def get_object_name(self) -> str:
        """Return the segment's name."""
        name: str = self.object.name
        return name

    def consequences(self) -> list[Any]:
        """Say what stops."""
        return [_("Requests that name it are refused. Users and topics stay as they are.")]

    def perform(self) -> str:
        """Delete it."""
        name = self.object.name
        services.delete_segment(segment=self.object)
        toast(self.request, _("The segment %(name)s is deleted.") % {"name": name})
        return reverse("rtm:segments")
