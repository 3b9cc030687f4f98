"""Customers > Segments: the list, one segment, making and deleting one."""

from typing import Any, ClassVar

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.columns import TIME, Column
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.lists import FilterForm
from imiconnect.console.toasts import toast
from imiconnect.manage import Card, ManagePage
from imiconnect.rtm import segments as services
from imiconnect.rtm.audience import problem_of, size_of
from imiconnect.rtm.models import Segment
from imiconnect.rtm.views.named import (
    APP,
    NAME,
    DeleteNamed,
    NamedList,
    NewNamed,
    NewNamedForm,
    OneNamed,
    lines_of,
)


class SegmentFilters(FilterForm):
    """The filters of the list."""

    q = forms.CharField(label=_("Name"), max_length=100)


class Segments(NamedList):
    """The segments of the apps that a person may see."""

    slug = "segment"
    title = _("Segments")
    filter_form = SegmentFilters
    export_name = "segments"
    caption = _("Segments, newest first")
    columns: ClassVar = (
        NAME,
        APP,
        Column("criteria", _("Users"), lambda row: row.criteria or _("A list")),
        Column("created_at", _("Created"), kind=TIME),
    )
    none_yet = (
        _("No segments yet"),
        _("A segment is a list of users, or an expression over topics, with a name."),
        "users",
    )


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


class NewSegmentForm(NewNamedForm, SegmentForm):
    """A segment to make."""


class NewSegment(NewNamed):
    """Make a segment."""

    slug = "segment"
    form_class = NewSegmentForm
    title = _("New segment")
    back_url = cancel_url = reverse_lazy("rtm:segments")
    back_label = _("Segments")
    added = _("Segment added")

    def make(self, values: dict[str, Any]) -> Segment:
        """Create it."""
        return services.create_segment(**values)


def _change(page: Any, values: dict[str, Any]) -> None:
    # A list longer than the page shows is not shortened to what is shown.
    if page.is_long and values["user_ids"] == page.first_users():
        values["user_ids"] = None
    services.update_segment(segment=page.object, **values)
    toast(page.request, _("The segment is changed."))


class SegmentPage(OneNamed, ManagePage):
    """One segment with the number of its users now."""

    slug = "segment"
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
        shown = {
            "title": self.object.name,
            "size": size_of(self.object),
            "problem": problem_of(self.object),
        }
        return super().get_context_data(**kwargs) | shown | {"is_long": self.is_long}


class DeleteSegment(DeleteNamed):
    """Deleting a segment."""

    slug = "segment"
    title = _("Delete the segment")
    act_label = _("Delete the segment")
    keep_label = _("Keep the segment")
    deleted = _("The segment %(name)s is deleted.")

    def consequences(self) -> list[Any]:
        """Say what stops."""
        return [_("Requests that name it are refused. Users and topics stay as they are.")]

    def erase(self) -> None:
        """Delete it."""
        services.delete_segment(segment=self.object)
