"""Tools > Sandbox: the twins, and the page where a person plays the customer."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin
from imiconnect.console.forms import ConsoleForm, PageMixin
from imiconnect.console.toasts import toast
from imiconnect.sandbox.store import Store
from imiconnect.sandbox.twins import Twin, by_slug


class SwitchForm(ConsoleForm):
    """What a twin is to do wrong."""

    switches = forms.MultipleChoiceField(
        label=_("Misbehave"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, twin: Twin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["switches"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = list(twin.switches.items())


class Twins(MemberRequiredMixin, PageMixin, TemplateView):
    """The list of twins."""

    act = Act.RUN_GATEWAY
    section = "tools"
    template_name = "sandbox/twins.html"
    title = _("Sandbox")
    back_label = _("Tools")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the twins with their addresses, and what they do wrong now."""
        twins = [
            (twin, reverse("sandbox:twin", args=[twin.slug]), len(Store(twin.slug).switches()))
            for twin in by_slug().values()
        ]
        context = super().get_context_data(**kwargs)
        return context | {"twins": twins, "back_url": reverse("console:tools")}


def twin_page(request: HttpRequest, twin: str) -> HttpResponseBase:
    """Show the page of one twin."""
    found = by_slug().get(twin)
    if found is None:
        raise Http404
    answer: HttpResponseBase = import_string(found.page).as_view()(request, twin=twin)
    return answer


class TwinPage(MemberRequiredMixin, PageMixin, TemplateView):
    """The base of a twin's page: its switches; a subclass adds what the customer does.

    A form names what it does in ``act``; ``perform`` gets every act but ``switches``.
    """

    act = Act.RUN_GATEWAY
    section = "tools"
    template_name = "sandbox/twin.html"
    back_label = _("Sandbox")

    @property
    def twin(self) -> Twin:
        """The twin of this page."""
        return by_slug()[self.kwargs["twin"]]

    @property
    def store(self) -> Store:
        """Its memory."""
        return Store(self.twin.slug)

    def perform(self, act: str) -> str | None:
        """Do what the person asks; return where to go, or None to come back here."""
        raise Http404

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the twin and its switches."""
        form = SwitchForm(initial={"switches": self.store.switches()}, twin=self.twin)
        context = super().get_context_data(**kwargs)
        return context | {
            "twin": self.twin,
            "title": self.twin.name,
            "switch_form": form,
            "back_url": reverse("sandbox:twins"),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Turn switches, or play the customer."""
        act = request.POST.get("act", "")
        if act != "switches":
            return HttpResponseRedirect(self.perform(act) or request.get_full_path())
        form = SwitchForm(request.POST, twin=self.twin)
        if form.is_valid():
            self.store.set_switches(set(form.cleaned_data["switches"]))
            toast(request, _("The double now does as told."))
        return HttpResponseRedirect(request.get_full_path())
