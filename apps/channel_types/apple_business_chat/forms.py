"""What a person confirms of the business that Apple has named."""

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.services import NAME_LENGTH
from imiconnect.console.forms import ConsoleForm


class LinkForm(ConsoleForm):
    """The name of the app; the rest is as Apple has it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("People of your organization see it in lists and when they send."),
        error_messages={"required": _("Enter the name")},
    )
    business_id = forms.CharField(widget=forms.HiddenInput)
    brand = forms.CharField(required=False, widget=forms.HiddenInput)
    logo = forms.CharField(required=False, widget=forms.HiddenInput)
