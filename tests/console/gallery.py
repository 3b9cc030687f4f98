"""Pages that show every part of the console; the tests look at them, people never do."""

from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path, reverse

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Group
from imiconnect.console import lists
from imiconnect.console.charts import Chart, Series
from imiconnect.console.columns import CODE, FIGURE, STATE, TIME, Column
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.secret import show_once
from imiconnect.console.toasts import toast, warn
from imiconnect.wizards import Answers, Outcome, Step, Wizard

#: What services of the gallery were called with; a test clears it.
CALLS: list[dict[str, Any]] = []


class Filters(lists.FilterForm):
    name = forms.CharField(label="Name")
    state = forms.ChoiceField(label="State", choices=[("", "Any"), ("live", "Live")])


def rename(request: HttpRequest, groups: Any) -> None:
    count = groups.update(name=Concat(Value("Renamed "), "name"))
    toast(request, f"{count} groups renamed", undo_url="/gallery/undo/")


def keep(request: HttpRequest, groups: Any) -> None:
    warn(request, "Nothing was renamed")


class Groups(MemberRequiredMixin, lists.ListPage):
    title = "Groups"
    section = "dashboard"
    order = ("-created_at", "-id")
    page_size = 5
    export_name = "groups"
    filter_form = Filters
    empty = lists.Empty(
        "No groups yet",
        "A group is a part of the organization, such as a department.",
        lists.Button("ADD NEW", "/gallery/form/"),
    )
    columns = (
        Column("name", "Name", href=lambda group: f"/gallery/groups/{group.pk}/", sort="name"),
        Column("state", "State", lambda group: "live", STATE),
        Column("id", "Id", lambda group: str(group.pk)[:8], CODE),
        Column("teams", "Teams", lambda group: group.teams.count(), FIGURE),
        Column("created_at", "Created", kind=TIME, sort="created_at"),
        Column("owner", "Owner", lambda group: None),
    )
    live_topics = ("gallery",)
    live_states = ("live", "failed")

    def get_queryset(self) -> Any:
        return Group.objects.filter(organization=acting(self.request).organization_id)

    def filtered(self, queryset: Any, values: dict[str, Any]) -> Any:
        return queryset.filter(name__icontains=values["name"]) if values["name"] else queryset

    def primary(self) -> lists.Button:
        return lists.Button("ADD NEW", "/gallery/form/", "plus")

    def kinds(self) -> list[lists.Button]:
        return [
            lists.Button("All", "/gallery/", current=True),
            lists.Button("Mine", "/gallery/"),
        ]

    def bulk_acts(self) -> list[lists.BulkAct]:
        return [
            lists.BulkAct("rename", "Rename", rename),
            lists.BulkAct("keep", "Keep", keep),
        ]

    def manage_url(self, row: Group) -> str:
        return f"/gallery/groups/{row.pk}/"


class Everything(ConsoleForm):
    name = forms.CharField(label="Name", help_text="As your customers know it.")
    url = forms.URLField(label="Callback URL", required=False, assume_scheme="https")
    text = forms.CharField(label="Description", widget=forms.Textarea)
    channel = forms.ChoiceField(label="Channel", choices=[("", "Choose"), ("sms", "SMS")])
    size = forms.ChoiceField(
        label="Size", choices=[("s", "Small"), ("l", "Large")], widget=forms.RadioSelect
    )
    receipts = forms.MultipleChoiceField(
        label="Receipts",
        choices=[("delivered", "Delivered"), ("read", "Read")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    agree = forms.BooleanField(label="Show it to every team", required=False)


class Form(MemberRequiredMixin, FormPage):
    title = "New thing"
    act = Act.MANAGE_SETTINGS
    form_class = Everything
    cancel_url = back_url = "/gallery/"
    back_label = "Groups"
    intro = "One decision at a time."

    def form_valid(self, form: Any) -> HttpResponse:
        CALLS.append(form.cleaned_data)
        toast(self.request, "Thing created")
        return HttpResponseRedirect("/gallery/")


class Discard(MemberRequiredMixin, ConfirmPage):
    title = "Discard the draft"
    act_label, keep_label, cancel_url = "Discard draft", "Keep draft", "/gallery/"

    def get_object_name(self) -> str:
        return "Draft 7"

    def consequences(self) -> list[str]:
        return ["What was typed is lost."]

    def perform(self) -> str:
        CALLS.append({"discarded": self.get_object_name()})
        toast(self.request, "Draft discarded", undo_url="/gallery/undo/")
        return "/gallery/"


class Release(Discard):
    title = "Release the number"
    act_label, keep_label, heavy = "Release number", "Keep number", True

    def get_object_name(self) -> str:
        return "+44 20 7946 0000"


class KindForm(ConsoleForm):
    kind = forms.ChoiceField(
        label="Kind", choices=[("a", "Plain"), ("b", "With colour")], widget=forms.RadioSelect
    )


class ColourForm(ConsoleForm):
    colour = forms.CharField(label="Colour")


class NameForm(ConsoleForm):
    name = forms.CharField(label="Name")
    code = forms.CharField(label="Code", widget=forms.PasswordInput, required=False)


class Things(MemberRequiredMixin, Wizard):
    name, url_name, title, section = (
        "things",
        "gallery-wizard",
        "Configure a thing",
        "dashboard",
    )
    confirm_label = "CONFIRM"
    steps = (
        Step("kind", "Kind", KindForm, heading="Which kind?", intro="It cannot be changed."),
        Step("colour", "Colour", ColourForm, applies=lambda a: a.value("kind", "kind") == "b"),
        Step("name", "Name", NameForm),
    )

    def finish(self, answers: Answers) -> Outcome:
        if answers["name"]["name"] == "taken":
            raise ValidationError("A thing of this name exists")
        CALLS.append({slug: dict(cleaned) for slug, cleaned in answers.items()})
        return Outcome("/gallery/", "THING-1", words={"next": "Use it in a service."})


def secret(request: HttpRequest) -> HttpResponse:
    url = show_once(
        request, title="Service key", secrets={"Key": "sk_very_secret"}, next_url="/gallery/"
    )
    return HttpResponseRedirect(url)


def undo(request: HttpRequest) -> HttpResponse:
    CALLS.append({"undone": request.method})
    return HttpResponseRedirect("/gallery/")


def parts(request: HttpRequest) -> HttpResponse:
    return render(request, "gallery_parts.html", {"chart": chart()})


def chart() -> Chart:
    times = [1_700_000_000 + 60 * index for index in range(60)]
    values = [(index * 7) % 23 for index in range(60)]
    return Chart(
        "Messages per minute",
        "Sent messages vary between 0 and 22 a minute over the last hour.",
        times,
        [Series("Sent", values), Series("Received", [value / 2 for value in values])],
        reverse("gallery-chart"),
    )


def chart_figures(request: HttpRequest) -> HttpResponse:
    return chart().as_response()


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("The gallery fails on purpose")


urlpatterns = [
    path("gallery/", Groups.as_view()),
    path("gallery/form/", Form.as_view()),
    path("gallery/discard/", Discard.as_view()),
    path("gallery/release/", Release.as_view()),
    path("gallery/wizard/", Things.as_view(), name="gallery-wizard"),
    path("gallery/wizard/<slug:step>/", Things.as_view(), name="gallery-wizard"),
    path("gallery/secret/", secret),
    path("gallery/undo/", undo),
    path("gallery/parts/", parts),
    path("gallery/chart/", chart_figures, name="gallery-chart"),
    path("gallery/fail/", fail),
    path("", include("imiconnect.urls")),
]

handler400 = "imiconnect.console.errors.bad_request"
handler403 = "imiconnect.console.errors.permission_denied"
handler404 = "imiconnect.console.errors.page_not_found"
handler500 = "imiconnect.console.errors.server_error"


def serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve the gallery beside the console for the length of a test.

    Django is not told that the setting has changed: it would forget every address there is, and
    forgets nothing that is wrong now.
    """
    monkeypatch.setattr(settings, "ROOT_URLCONF", __name__)
    CALLS.clear()
