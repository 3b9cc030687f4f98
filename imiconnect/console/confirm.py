"""Pages that ask before an act: some loss in a dialog, heavy acts by typing the name."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.lists import Button
from imiconnect.console.words import Words

DIALOG = "dialog"


class NameForm(ConsoleForm):
    """The name of the object, typed, before a heavy act."""

    name = forms.CharField(label=_("Name"), widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        self.expected = expected
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext('Type "{name}" to confirm').format(name=expected)
        self.fields["name"].error_messages["required"] = gettext("Type the name as shown")

    def clean_name(self) -> str:
        """Accept the name in any case and spacing at the ends."""
        typed: str = self.cleaned_data["name"].strip()
        if typed.casefold() != self.expected.strip().casefold():
            raise forms.ValidationError(
                gettext('Name must be typed as "{name}"').format(name=self.expected)
            )
        return typed


class ConfirmPage(FormPage):
    """A page, and for htmx a dialog, that names the object and what the act costs.

    A subclass gives ``get_object_name`` and ``perform``, the words, and for a heavy act
    ``heavy = True``: a page of its own with consequences, blockers and the typed name.
    """

    template_name = "console/confirm.html"
    dialog_template = "console/confirm_dialog.html"
    heavy = False
    act_label: Words = _("Delete")
    keep_label: Words = _("Keep")

    def get_object_name(self) -> str:
        """Return the name of what the act is done to."""
        raise AttributeError(f"{type(self).__name__} needs get_object_name")

    def perform(self) -> str:
        """Call one service, add a toast, and return the address to go to.

        A ``ValidationError`` of the service, which was quicker, is shown on the page.
        """
        raise AttributeError(f"{type(self).__name__} needs perform")

    def consequences(self) -> Sequence[Words]:
        """Return what stops or is lost, one sentence each."""
        return ()

    def blockers(self) -> Sequence[Button]:
        """Return what keeps the act from being done, as links; any one removes the form."""
        return ()

    def get_form_class(self) -> type[forms.Form]:
        """Ask for the name only before a heavy act."""
        return NameForm if self.heavy else ConsoleForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form which name it waits for."""
        kwargs = super().get_form_kwargs()
        return kwargs | {"expected": self.get_object_name()} if self.heavy else kwargs

    def get_template_names(self) -> list[str]:
        """Draw a dialog where htmx fills the page's dialog."""
        if not self.heavy and is_dialog(self.request):
            return [self.dialog_template]
        return [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the object, the consequences and the blockers to the context."""
        return super().get_context_data(**kwargs) | {
            "object_name": self.get_object_name(),
            "consequences": self.consequences(),
            "blockers": self.blockers(),
            "act_label": self.act_label,
            "keep_label": self.keep_label,
            "action": self.request.get_full_path(),
        }

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Do it, unless something blocks it since the page was drawn."""
        if self.blockers():
            return self.render_to_response(self.get_context_data(form=form), status=409)
        try:
            return HttpResponseRedirect(self.perform())
        except ValidationError as problem:
            form.add_error(None, problem.messages)
            return self.render_to_response(self.get_context_data(form=form), status=409)


def is_dialog(request: HttpRequest) -> bool:
    """Tell whether htmx asks for the content of the page's dialog."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and htmx.target and htmx.target.endswith(DIALOG))
