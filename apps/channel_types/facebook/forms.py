"""The forms of a page's advanced settings."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.facebook.config import (
    MAX_GREETING,
    MAX_MENU,
    MAX_PAYLOAD,
    MAX_TITLE,
    OPEN_URL,
    POSTBACK,
    MenuItem,
    item_problem,
)
from imiconnect.apps.channel_types.facebook.snippets import COLORS, PLUGINS, SIZES
from imiconnect.console.forms import ConsoleForm

_REF = re.compile(r"[A-Za-z0-9+/=\-.:_]{0,250}")


class PluginForm(ConsoleForm):
    """Which plugin, and how it looks."""

    plugin = forms.ChoiceField(
        label=_("Plugin"), choices=PLUGINS, widget=forms.RadioSelect, initial="send"
    )
    color = forms.ChoiceField(label=_("Colour"), choices=COLORS, initial="blue")
    size = forms.ChoiceField(label=_("Size"), choices=SIZES, initial="large")
    site = forms.CharField(
        label=_("Site"),
        help_text=_("The origin of the page that shows it, like https://www.example.com."),
    )
    ref = forms.CharField(
        label=_("Reference"),
        required=False,
        help_text=_("Comes back with the event: letters, digits and + / = - . : _"),
    )

    def clean_ref(self) -> str:
        """Refuse what Messenger does not carry."""
        ref: str = self.cleaned_data["ref"]
        if not _REF.fullmatch(ref):
            raise forms.ValidationError(
                _("The reference must be letters, digits and + / = - . : _, 250 at most.")
            )
        return ref


class WelcomeForm(ConsoleForm):
    """What a person sees before the first message."""

    greeting = forms.CharField(
        label=_("Welcome message"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_(
            "160 characters at most. {{user_first_name}}, {{user_last_name}} and "
            "{{user_full_name}} are filled in by Messenger."
        ),
    )
    enabled = forms.BooleanField(label=_("Enable “Get started button”"), required=False)
    payload = forms.CharField(
        label=_("Payload"),
        required=False,
        help_text=_("Comes with the postback when the button is pressed; rules act on it."),
    )

    def clean_greeting(self) -> str:
        """Refuse what is too long."""
        text: str = self.cleaned_data["greeting"].replace("\r\n", "\n")
        if len(text) > MAX_GREETING:
            raise forms.ValidationError(_("Welcome message must be 160 characters or fewer"))
        return text

    def clean(self) -> dict[str, Any]:
        """Ask for a payload where the button is on."""
        values = super().clean() or {}
        if values.get("enabled") and not values.get("payload", "").strip():
            self.add_error("payload", _("Enter the payload"))
        if len(values.get("payload", "")) > MAX_PAYLOAD:
            self.add_error("payload", _("Payload must be 1,000 characters or fewer"))
        return values


class MenuItemForm(ConsoleForm):
    """One item of the persistent menu; an empty one is left out."""

    title = forms.CharField(label=_("Text"), required=False, help_text=_("30 characters"))
    type = forms.ChoiceField(
        label=_("When selected"),
        choices=[(OPEN_URL, _("Open URL")), (POSTBACK, _("Postback"))],
        widget=forms.RadioSelect,
        initial=OPEN_URL,
    )
    value = forms.CharField(
        label=_("URL or payload"), required=False, help_text=_("1,000 characters at most")
    )

    @property
    def item(self) -> MenuItem | None:
        """The item, or None where nothing was typed."""
        values = self.cleaned_data
        title, value = values.get("title", "").strip(), values.get("value", "").strip()
        return MenuItem(title, values.get("type", ""), value) if title or value else None

    def clean(self) -> dict[str, Any]:
        """Say what is wrong with the item, at its field."""
        values = super().clean() or {}
        item = self.item
        problem = item_problem(item) if item else ""
        if item and problem:
            about_title = not item.title or len(item.title) > MAX_TITLE
            self.add_error("title" if about_title else "value", problem)
        return values


MenuFormSet = forms.formset_factory(
    MenuItemForm, extra=0, max_num=MAX_MENU, validate_max=True, absolute_max=MAX_MENU + 1
)
