"""The card "One-time PIN" of a mobile or web app (facts/imiconnect.md, section 17)."""

from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import services
from imiconnect.apps.policy import as_stored, policy_of
from imiconnect.apps.senders import choices_of
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast
from imiconnect.manage import Card

FIELDS = ("pin_required", "pin_sender_id")


class PinForm(ConsoleForm):
    """Whether a user ID is proved by a PIN, and which number sends it."""

    unmarked = ("pin_sender_id",)
    pin_required = forms.BooleanField(
        label=_("Register a user ID only with a one-time PIN"),
        required=False,
        help_text=_(
            "The PIN goes to the mobile number in the profile of the customer with whom your "
            "organization has linked the user, or else whose customer ID is the user ID. "
            "Guests need none; devices that are registered already stay."
        ),
    )
    pin_sender_id = forms.ChoiceField(
        label=_("Sender ID for PINs"),
        required=False,
        help_text=_(
            "It sends through the service that gets this app's incoming messages: map it to "
            "that service."
        ),
    )

    def __init__(self, *args: Any, organization: Any, **kwargs: Any) -> None:
        """Offer the Sender IDs of the organization, and the one that is set."""
        super().__init__(*args, **kwargs)
        field = self.fields["pin_sender_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        choices = choices_of(organization)
        kept = self.initial.get("pin_sender_id", "")
        if kept and kept not in dict(choices):
            choices.append((kept, kept))
        field.choices = choices
        if len(choices) == 1:
            field.help_text = _(
                "Your organization has no number yet that sends SMS: get one under Numbers "
                "first."
            )


def _save(page: Any, values: dict[str, Any]) -> None:
    app = page.own_object()
    policy = msgspec.structs.replace(policy_of(app), **{name: values[name] for name in FIELDS})
    services.set_policy(app=app, policy=policy)
    toast(page.request, _("One-time PIN is changed."))


def _initial(page: Any) -> dict[str, Any]:
    stored = as_stored(policy_of(page.object))
    return {name: stored[name] for name in FIELDS}


CARD = Card(
    "pins",
    PinForm,
    Act.MANAGE_APPS,
    _save,
    initial=_initial,
    arguments=lambda page: {"organization": page.object.organization},
)
