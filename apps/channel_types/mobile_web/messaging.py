"""The card "In-app messaging" of a mobile or web app (facts/imiconnect.md, 7 to 7.5)."""

from typing import Any

import msgspec
from django import forms
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, as_stored, policy_of
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.apps.push.services import (
    checked_jwt_secret,
    new_jwt_secret,
    set_jwt_secret,
)
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.secret import show_once
from imiconnect.console.toasts import toast
from imiconnect.manage import Card

_TRANSPORTS = [("mqtt", _("MQTT")), ("websocket", _("Web Socket"))]
FIELDS = (
    "primary_transport", "secondary_transport", "secured_port", "payload_encryption",
    "jwt_authorization", "server_inbox", "single_device_per_user", "multi_user_per_device",
    "device_sync",
)  # fmt: skip


class MessagingForm(ConsoleForm):
    """How devices are connected and what is kept of them."""

    primary_transport = forms.ChoiceField(
        label=_("Primary transport"), choices=_TRANSPORTS, widget=forms.RadioSelect
    )
    secondary_transport = forms.ChoiceField(
        label=_("Secondary transport"),
        choices=[("", _("None")), *_TRANSPORTS],
        required=False,
        help_text=_("Devices fall back to it when the primary one does not connect."),
    )
    secured_port = forms.BooleanField(
        label=_("Use secured port"),
        required=False,
        help_text=_("Devices connect over TLS only: 8883 for MQTT, 8884 for Web Socket."),
    )
    payload_encryption = forms.BooleanField(
        label=_("Enable payload encryption"),
        required=False,
        help_text=_("AES-256, beside TLS. Each user's devices get a key of their own."),
    )
    jwt_authorization = forms.BooleanField(
        label=_("JWT authorization"),
        required=False,
        help_text=_("Each call of a device needs a token that your server signs (HS256)."),
    )
    jwt_secret = forms.CharField(
        label=_("JWT secret key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("In base64. Empty: the one there stays, or the first one is generated."),
    )
    server_inbox = forms.BooleanField(
        label=_("Server-side inbox"),
        required=False,
        help_text=_(
            "Without it, messages are delivered once and not kept for devices. Of a user with "
            "more than a hundred devices, those seen last wait for messages; others read them "
            "in the inbox."
        ),
    )
    single_device_per_user = forms.BooleanField(
        label=_("Single device per user"),
        required=False,
        help_text=_("A device that registers ends the user's others, which are told why."),
    )
    multi_user_per_device = forms.BooleanField(
        label=_("Allow multi-user registration on the same device"),
        required=False,
        help_text=_("For iOS and Android. Only the last registered user gets messages in-app."),
    )

    device_sync = forms.BooleanField(
        label=_("Sync a user's devices"),
        required=False,
        help_text=_("What one device sends, reads and deletes is told to the user's others."),
    )

    def clean_jwt_secret(self) -> str:
        """Return the secret, if one was entered."""
        secret: str = self.cleaned_data["jwt_secret"]
        try:
            return checked_jwt_secret(secret) if secret else ""
        except forms.ValidationError as error:
            raise forms.ValidationError(error.message_dict["jwt_secret"]) from None


@transaction.atomic
def set_messaging(*, app: App, policy: Policy, jwt_secret: str = "") -> str:
    """Change the settings of in-app messaging; return a JWT secret that had to be made."""
    made = ""
    if jwt_secret:
        set_jwt_secret(app=app, secret=jwt_secret)
    elif policy.jwt_authorization and not secrets_of(app).jwt_secret:
        made = new_jwt_secret()
        set_jwt_secret(app=app, secret=made)
    services.set_policy(app=app, policy=policy)
    return made


def _save(page: Any, values: dict[str, Any]) -> HttpResponse | None:
    app = page.own_object()
    policy = msgspec.structs.replace(policy_of(app), **{name: values[name] for name in FIELDS})
    made = set_messaging(app=app, policy=policy, jwt_secret=values["jwt_secret"])
    toast(page.request, _("In-app messaging is changed. Connected devices read it now."))
    if not made:
        return None
    url = show_once(
        page.request,
        title=_("JWT secret key of %(name)s") % {"name": app.name},
        secrets={str(_("JWT secret key")): made},
        next_url=reverse("apps:manage", args=[app.pk]),
        note=_(
            "Your server signs the tokens of devices with it, HS256, after base64-decoding."
        ),
    )
    return HttpResponseRedirect(url)


def _initial(page: Any) -> dict[str, Any]:
    stored = as_stored(policy_of(page.object))
    return {name: stored[name] for name in FIELDS}


CARD = Card("messaging", MessagingForm, Act.MANAGE_APPS, _save, initial=_initial)
