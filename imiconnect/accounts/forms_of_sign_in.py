"""django-allauth's forms in the console's words; errors say what to do."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import word_errors


class _Worded(forms.BaseForm):
    """Words of the console for a form made elsewhere; ``labels`` and ``hints`` by field."""

    use_required_attribute = False
    labels: dict[str, Any] = {}
    hints: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
        word_errors(self)


_ADDRESS = _("E-mail address")
_CODE = _("Code")
_NEW_HINT = _("At least 12 characters. A few words in a row are easy to keep in mind.")


class SignInForm(_Worded, account.LoginForm):
    """E-mail address and password."""

    labels = {"login": _ADDRESS}


class ResetPasswordForm(_Worded, account.ResetPasswordForm):
    """The address to which a link is mailed."""

    labels = {"email": _ADDRESS}


class ResetPasswordKeyForm(_Worded, account.ResetPasswordKeyForm):
    """A new password, behind the link of a mail."""

    labels = {"password1": _("New password"), "password2": _("New password again")}
    hints = {"password1": _NEW_HINT}


class ChangePasswordForm(_Worded, account.ChangePasswordForm):
    """The current password and a new one."""

    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    hints = {"password1": _NEW_HINT}


class SetPasswordForm(_Worded, account.SetPasswordForm):
    """A first password."""

    labels = {"password1": _("Password"), "password2": _("Password again")}
    hints = {"password1": _NEW_HINT}


class ReauthenticateForm(_Worded, account.ReauthenticateForm):
    """The password again, before something sensitive."""


class SecondFactorForm(_Worded, mfa.AuthenticateForm):
    """The code of the authenticator app, or a recovery code."""

    labels = {"code": _CODE}
    hints = {"code": _("Six digits from the authenticator app, or one recovery code.")}


class SecondFactorAgainForm(_Worded, mfa.ReauthenticateForm):
    """A code again, before something sensitive."""

    labels = {"code": _CODE}
    hints = {"code": _("Six digits from the authenticator app, or one recovery code.")}


class ActivateTOTPForm(_Worded, totp.ActivateTOTPForm):
    """The first code, which proves that the app has the secret."""

    labels = {"code": _CODE}
    hints = {"code": _("Six digits that the authenticator app shows now.")}
