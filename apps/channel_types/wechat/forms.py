"""The decisions of the WECHAT wizard."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.wechat.config import (
    CONFIG_LABELS,
    IDENTIFIERS,
    LONGEST_KEYWORD,
    MODE_LABELS,
    SECRET_LABELS,
    START,
    STOP,
    Mode,
    checked_config,
    checked_secrets,
    new_aes_key,
    new_token,
)
from imiconnect.apps.models import new_app_id
from imiconnect.apps.senders import choices_of
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.console.forms import ConsoleForm

MODE_HINT = _("Select the same in the server settings of WeChat.")


class AccountForm(ConsoleForm):
    """WeChat Official Account Details."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("People of your organization see it in lists and when they send."),
        error_messages={"required": _("Enter the name")},
    )
    appid = forms.CharField(
        label=_("App ID"),
        help_text=_("WeChat shows it in the developer center."),
        error_messages={"required": _("Enter the App ID")},
    )
    appsecret = forms.CharField(
        label=_("App Secret"),
        help_text=_("WeChat shows it once, in the developer center."),
        widget=forms.PasswordInput(
            render_value=True, attrs={"autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the App Secret")},
    )

    def clean(self) -> dict[str, Any]:
        """Check both by their shape."""
        values = super().clean() or self.cleaned_data
        if values.get("appid"):
            self._check("appid", checked_config, {"appid": values["appid"]})
        if values.get("appsecret"):
            self._check("appsecret", checked_secrets, {"appsecret": values["appsecret"]})
        return values

    def _check(self, name: str, check: Any, part: dict[str, Any]) -> None:
        try:
            check(part)
        except forms.ValidationError as error:
            if name in error.message_dict:
                self.add_error(name, error.message_dict[name])


class CallbackForm(ConsoleForm):
    """What WeChat is told; all of it is drawn before, so that it can be shown."""

    app_id = forms.RegexField(r"^[A-Z]{2}[0-9]{8}$", widget=forms.HiddenInput)
    token = forms.CharField(label=SECRET_LABELS["token"], widget=forms.HiddenInput)
    aes_key = forms.CharField(label=SECRET_LABELS["aes_key"], widget=forms.HiddenInput)
    mode = forms.ChoiceField(
        label=CONFIG_LABELS["mode"],
        choices=list(MODE_LABELS.items()),
        initial=Mode.SAFE,
        widget=forms.RadioSelect,
        help_text=MODE_HINT,
        error_messages={"required": _("Select the message encryption")},
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        """Draw what is not there yet."""
        drawn = {"app_id": new_app_id(), "token": new_token(), "aes_key": new_aes_key()}
        super().__init__(data, initial=drawn, **kwargs)

    def value(self, name: str) -> str:
        """Return a value as the page shows it."""
        return str(self[name].value())


class OnboardingForm(ConsoleForm):
    """Customer on-boarding; all of it is optional."""

    start_keyword = forms.CharField(
        label=CONFIG_LABELS["start_keyword"],
        max_length=LONGEST_KEYWORD,
        initial=START,
        error_messages={"required": _("Enter the keyword to on-board a customer")},
    )
    start_identifier = forms.ChoiceField(
        label=_("Select Unique Identifier (on-boarding)"), choices=list(IDENTIFIERS.items())
    )
    stop_keyword = forms.CharField(
        label=CONFIG_LABELS["stop_keyword"],
        max_length=LONGEST_KEYWORD,
        initial=STOP,
        error_messages={"required": _("Enter the keyword to off-board a customer")},
    )
    stop_identifier = forms.ChoiceField(
        label=_("Select Unique Identifier (off-boarding)"), choices=list(IDENTIFIERS.items())
    )
    sender_id = forms.ChoiceField(
        label=_("Select Sender Id"),
        required=False,
        help_text=_(
            "It sends the one-time password by SMS, through the service that gets this app's "
            "incoming messages: map it to that service. Without one, nobody is put on board."
        ),
    )

    def __init__(self, *args: Any, organization: Any, **kwargs: Any) -> None:
        """Offer the Sender IDs of the organization."""
        super().__init__(*args, **kwargs)
        field = self.fields["sender_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices_of(organization)

    def clean(self) -> dict[str, Any]:
        """Hold the rules of the configuration."""
        values = super().clean() or self.cleaned_data
        try:
            checked_config({"appid": "wx" + "0" * 16, **values})
        except forms.ValidationError as error:
            for name, messages in error.message_dict.items():
                self.add_error(name, messages)
        return values
