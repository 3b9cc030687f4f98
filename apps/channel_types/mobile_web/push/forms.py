"""The forms of push configuration, the same in the wizard and on the MANAGE page.

``credentials`` of a valid form are what the service keeps; a file that is not what it should
be makes the form wrong, with a sentence that says what it is.
"""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.credentials import (
    Credentials,
    Gateway,
    WebPush,
)
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.uploads import UploadField
from imiconnect.manage import refuse

LATER = "later"


class CredentialsForm(ConsoleForm):
    """The base: ``read`` makes credentials of the cleaned values or raises by field."""

    credentials: Credentials
    #: The platforms that it may be for, where its data does not say.
    method: ClassVar[str]

    def read(self, values: dict[str, Any]) -> Credentials:
        """Return the credentials; a subclass says how."""
        raise AttributeError(f"{type(self).__name__} needs read")

    def clean(self) -> dict[str, Any]:
        """Read the credentials once every field is there."""
        values = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.credentials = self.read(values)
            except ValidationError as error:
                refuse(self, error)
        return {**values, "credentials": getattr(self, "credentials", None)}


def _gateway() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Gateway"),
        choices=Gateway.choices,
        widget=forms.RadioSelect,
        initial=Gateway.PRODUCTION,
        error_messages={"required": _("Select the gateway")},
    )


class ApnsTokenForm(CredentialsForm):
    """An APNs key."""

    method = "apns_token"
    file = UploadField(
        label=_("Private key file (.p8)"),
        help_text=_("From Certificates, Identifiers & Profiles > Keys, with APNs enabled."),
        error_messages={"required": _("Choose the private key file")},
    )
    key_id = forms.CharField(
        label=_("Key ID"),
        required=False,
        max_length=20,
        help_text=_("Without it, that in the name of the file is taken."),
    )
    team_id = forms.CharField(
        label=_("Team ID"), max_length=20, help_text=_("On Apple's page Membership details.")
    )
    bundle = forms.CharField(
        label=_("Bundle ID"), max_length=150, help_text=_("Like com.example.app.")
    )
    gateway = _gateway()

    def read(self, values: dict[str, Any]) -> Credentials:
        """Read the key."""
        file = values["file"]
        return keyfiles.apns_token(
            content=file.content,
            filename=file.name,
            key_id=values["key_id"],
            team_id=values["team_id"],
            bundle=values["bundle"],
            gateway=values["gateway"],
        )


class ApnsCertificateForm(CredentialsForm):
    """An APNs certificate."""

    method = "apns_certificate"
    file = UploadField(
        label=_("Certificate file (.p12)"),
        help_text=_("Exported from Keychain Access: the certificate together with its key."),
        error_messages={"required": _("Choose the certificate file")},
    )
    password = forms.CharField(
        label=_("Certificate password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("The one that was set when the file was exported."),
    )
    gateway = _gateway()

    def read(self, values: dict[str, Any]) -> Credentials:
        """Read the certificate."""
        return keyfiles.apns_certificate(
            content=values["file"].content,
            password=values["password"],
            gateway=values["gateway"],
        )


class FcmForm(CredentialsForm):
    """A Firebase service account."""

    method = "fcm"
    file = UploadField(
        label=_("Service-account file (.json)"),
        help_text=_(
            "From the Firebase console: Project settings > Service accounts > Generate new "
            "private key."
        ),
        error_messages={"required": _("Choose the service-account file")},
    )

    def read(self, values: dict[str, Any]) -> Credentials:
        """Read the account."""
        return keyfiles.fcm(content=values["file"].content)


class WebPushForm(CredentialsForm):
    """A site whose visitors subscribe; the keys are made here."""

    method = "web_push"
    site_url = forms.CharField(
        label=_("Site URL"),
        max_length=500,
        help_text=_("The site that asks its visitors; it must be served over HTTPS."),
    )
    icon_url = forms.CharField(
        label=_("Icon URL"),
        max_length=500,
        required=False,
        help_text=_("A square image of at least 192 pixels, shown beside each notification."),
    )
    contact = forms.EmailField(
        label=_("Contact"),
        help_text=_("An address to which push services may write when something is wrong."),
        error_messages={"invalid": _("Contact must be an e-mail address")},
    )

    def __init__(self, *args: Any, before: WebPush | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = before

    def read(self, values: dict[str, Any]) -> Credentials:
        """Make the keys, or keep those that subscriptions were made with."""
        return keyfiles.web_push(
            site_url=values["site_url"],
            icon_url=values["icon_url"],
            contact=values["contact"],
            before=self._before,
        )


FORMS: dict[str, type[CredentialsForm]] = {
    form.method: form for form in (ApnsTokenForm, ApnsCertificateForm, FcmForm, WebPushForm)
}


class _MethodForm(ConsoleForm):
    """How a platform is pushed to, or later."""

    choices: ClassVar[list[tuple[str, Any]]]
    method = forms.ChoiceField(
        label=_("Push service"),
        widget=forms.RadioSelect,
        initial=LATER,
        error_messages={"required": _("Select the push service, or Later")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["method"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [*self.choices, (LATER, _("Later, on the page of the app"))]


class IosMethodForm(_MethodForm):
    """APNs with a key or a certificate, or FCM."""

    choices: ClassVar = [
        ("apns_token", _("APNs key (.p8): one for all apps of a team, it does not expire")),
        ("apns_certificate", _("APNs certificate (.p12): for one app, valid for a year")),
        ("fcm", _("Firebase (FCM): the app uses Firebase for iOS too")),
    ]


class AndroidMethodForm(_MethodForm):
    """FCM."""

    choices: ClassVar = [("fcm", _("Firebase (FCM)"))]


class WebMethodForm(_MethodForm):
    """Web push."""

    choices: ClassVar = [("web_push", _("Web push: the keys are generated here"))]


METHOD_FORMS: dict[str, type[_MethodForm]] = {
    "ios": IosMethodForm,
    "android": AndroidMethodForm,
    "web": WebMethodForm,
}
