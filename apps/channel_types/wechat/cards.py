"""What of a WeChat app is changed on its MANAGE page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import credentials, health, services
from imiconnect.apps.channel_types.wechat.config import (
    CONFIG_LABELS,
    MODE_LABELS,
    SECRET_LABELS,
    checked_secrets,
)
from imiconnect.apps.channel_types.wechat.forms import MODE_HINT, OnboardingForm
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast
from imiconnect.manage import Card


class ModeForm(ConsoleForm):
    """How WeChat encrypts what it sends."""

    mode = forms.ChoiceField(
        label=CONFIG_LABELS["mode"],
        choices=list(MODE_LABELS.items()),
        widget=forms.RadioSelect,
        help_text=MODE_HINT,
    )


class SecretForm(ConsoleForm):
    """Another App Secret, after it was reset at WeChat."""

    appsecret = forms.CharField(
        label=SECRET_LABELS["appsecret"],
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The new one, after it was reset in the developer center of WeChat."),
        error_messages={"required": _("Enter the App Secret")},
    )

    def clean_appsecret(self) -> str:
        """Check its shape."""
        secret = str(self.cleaned_data["appsecret"])
        try:
            return checked_secrets({"appsecret": secret})["appsecret"]
        except forms.ValidationError as error:
            raise forms.ValidationError(error.message_dict["appsecret"]) from None


def _configure(page: Any, values: dict[str, Any]) -> None:
    services.update_app(app=page.own_object(), changes=values)
    toast(page.request, _("The app is changed."))


def _replace_secret(page: Any, values: dict[str, Any]) -> None:
    app = credentials.replace_secrets(app=page.own_object(), secrets=values)
    found = health.check_now(app=app)
    works = found is not None and found.state == found.State.HEALTHY
    toast(
        page.request,
        _("The App Secret is changed, and WeChat takes it.")
        if works
        else _("The App Secret is changed, but the app does not work; its page says why."),
    )


def _initial(page: Any) -> dict[str, Any]:
    return dict(page.object.config)


CARDS = (
    Card("mode", ModeForm, Act.MANAGE_APPS, _configure, initial=_initial),
    Card(
        "onboarding",
        OnboardingForm,
        Act.MANAGE_APPS,
        _configure,
        initial=_initial,
        arguments=lambda page: {"organization": page.object.organization},
    ),
    Card("secret", SecretForm, Act.MANAGE_APPS, _replace_secret),
)
