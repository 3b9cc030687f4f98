"""The decisions of the MOBILE / WEB wizard."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.mobile_web.config import SYSTEMS, Platform
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.console.forms import ConsoleForm


class NameForm(ConsoleForm):
    """The application name."""

    name = forms.CharField(
        label=_("Application name"),
        max_length=NAME_LENGTH,
        help_text=_("People of your organization see it in lists and when they send."),
        error_messages={"required": _("Enter the application name")},
    )


class PlatformForm(ConsoleForm):
    """Mobile or web."""

    platform = forms.ChoiceField(
        label=_("Platform"),
        choices=Platform.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Select the platform")},
    )


class SystemsForm(ConsoleForm):
    """The systems or browsers of the chosen platform."""

    systems = forms.MultipleChoiceField(
        label=_("OS or browser"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Select each one that the app runs on."),
        error_messages={"required": _("Select at least one OS or browser")},
    )

    def __init__(self, *args: Any, platform: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["systems"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = list(SYSTEMS[platform].items())
        field.label = _("Mobile OS") if platform == Platform.MOBILE else _("Browsers")


class ConfigurationForm(ConsoleForm):
    """Who may be a device of the app."""

    allowed_origins = forms.CharField(
        label=_("Allowed origins"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_(
            "Sites whose pages may be a device of this app, one in a line, like "
            "https://www.example.com. An asterisk allows any site."
        ),
    )
    client_key_as_password = forms.BooleanField(
        label=_("Let devices connect with the client key as password"),
        required=False,
        help_text=_("Only for clients that do not take an access token yet."),
    )
    profile_required = forms.BooleanField(
        label=_("Register only customers who have a master profile"),
        required=False,
        initial=True,
        help_text=_("Make the profiles with the Profile API or under Customers first."),
    )

    def clean_allowed_origins(self) -> tuple[str, ...]:
        """Return the lines that say something, each an origin."""
        from imiconnect.apps.policy import Policy, checked

        lines = self.cleaned_data["allowed_origins"].replace(",", " ").split()
        try:
            return checked(Policy(allowed_origins=tuple(lines))).allowed_origins
        except forms.ValidationError as error:
            raise forms.ValidationError(error.message_dict["allowed_origins"]) from None
