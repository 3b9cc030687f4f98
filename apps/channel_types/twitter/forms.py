"""The forms of an account's advanced settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.twitter.config import (
    ATTACHMENTS,
    MAX_DESCRIPTION,
    MAX_LABEL,
    MAX_METADATA,
    MAX_OPTIONS,
)
from imiconnect.console.forms import ConsoleForm


class CodeForm(ConsoleForm):
    """How the message button looks, and what it writes in advance."""

    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=500,
        help_text=_("Stands in the message window when it opens."),
    )
    size = forms.ChoiceField(
        label=_("Size"), choices=[("large", _("Large")), ("small", _("Small"))]
    )


class WelcomeForm(ConsoleForm):
    """What a person sees before the first message."""

    welcome = forms.CharField(
        label=_("Write the welcome message here."),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Without one, nothing is shown."),
    )
    attachment_type = forms.ChoiceField(
        label=_("Attachment Type"), choices=list(ATTACHMENTS.items()), required=False
    )
    attachment_url = forms.CharField(
        label=_("Attachment URL"),
        required=False,
        help_text=_(
            "Uploaded to Twitter now; a file that Twitter does not take goes as a link."
        ),
    )
    replies_on = forms.BooleanField(
        label=_("Configure Quick Replies"),
        required=False,
        widget=forms.CheckboxInput({"role": "switch"}),
    )


class ReplyForm(ConsoleForm):
    """One quick reply; an empty one is none."""

    label = forms.CharField(label=_("Label"), required=False, max_length=MAX_LABEL)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=MAX_DESCRIPTION
    )
    metadata = forms.CharField(label=_("MetaData"), required=False, max_length=MAX_METADATA)

    def clean(self) -> dict[str, Any]:
        """Ask for the label where the rest is there."""
        values = super().clean() or self.cleaned_data
        if not values.get("label") and (values.get("description") or values.get("metadata")):
            self.add_error("label", _("Enter the label."))
        return values


ReplyFormSet = forms.formset_factory(
    ReplyForm, extra=0, min_num=1, max_num=MAX_OPTIONS, absolute_max=MAX_OPTIONS
)
