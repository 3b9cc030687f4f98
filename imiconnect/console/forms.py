"""Forms and form pages: errors keep what was typed and answer 422."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from django.views.generic.base import ContextMixin

from imiconnect.console import once
from imiconnect.console.words import Words

#: What Django writes into a drop-down while nothing is chosen.
_DASHES = "---------"


class ConsoleForm(forms.Form):
    """A form of the console: checked on submit, by the server, in our words.

    A field without its own ``error_messages["required"]`` is answered "Enter …".
    """

    use_required_attribute = False
    #: Fields that may be left as they are and yet are not called optional: another answer
    #: makes them necessary, which their hint says, or they have an answer already.
    unmarked: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        word_errors(self)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.empty_label == _DASHES:
                field.empty_label = gettext("Select one") if field.required else gettext("None")


def word_errors(form: forms.BaseForm) -> None:
    """Say what to do for an empty field, unless the field has words of its own."""
    for name, field in form.fields.items():
        if (
            field.error_messages.get("required")
            != forms.Field.default_error_messages["required"]
        ):
            continue
        label = _in_sentence(str(field.label or name.replace("_", " ")))
        chosen = isinstance(field, (forms.ChoiceField, forms.ModelChoiceField, forms.FileField))
        sentence = _("Select the {label}") if chosen else _("Enter the {label}")
        field.error_messages["required"] = sentence.format(label=label)


def _in_sentence(label: str) -> str:
    """Return "Desired Keyword" as "desired keyword"; what is in capitals stays so."""
    words = label.split()
    are_titles = all(word[:1].isupper() for word in words)
    return " ".join(
        word[:1].lower() + word[1:]
        if (are_titles or not number) and not (word.isupper() and len(word) > 1)
        else word
        for number, word in enumerate(words)
    )


def back_to(url: Words, label: Words) -> dict[str, Any]:
    """Return the context of a page that leads back to ``url``, and by Cancel too."""
    return {"back_url": url, "cancel_url": url, "back_label": label}


class PageMixin(ContextMixin):
    """What a page says about itself; every attribute goes into the template's context."""

    section: str = ""
    title: Words = ""
    back_url: Words = ""
    back_label: Words = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add section, title and back link to the context."""
        context = super().get_context_data(**kwargs)
        for name in ("section", "title", "back_url", "back_label"):
            context.setdefault(name, getattr(self, name))
        return context


class FormPage(PageMixin, FormView):  # type: ignore[type-arg]  # subclasses name the form
    """A page with one form; ``form_valid`` calls one service and returns a redirect."""

    template_name = "console/forms/form.html"
    submit_label: Words = _("SAVE")
    cancel_url: Words = ""
    intro: Words = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the words of the form to the context."""
        context = super().get_context_data(**kwargs)
        for name in ("submit_label", "cancel_url", "intro"):
            context.setdefault(name, getattr(self, name))
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on the form once; a second click leads where the first one led."""
        return once.guarded(
            request, lambda: super(FormPage, self).post(request, *args, **kwargs)
        )

    def form_invalid(self, form: forms.BaseForm) -> HttpResponse:
        """Answer 422 with everything kept; htmx swaps it, a browser shows it."""
        return self.render_to_response(self.get_context_data(form=form), status=422)
