"""Forms of the pages of apps."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.attributes import DEVICE_ATTRIBUTES
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App, AppHealth
from imiconnect.apps.policy import Policy
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.lists import FilterForm


class AppFilter(FilterForm):
    """What the list of apps can be narrowed by."""

    name = forms.CharField(label=_("Name or App ID"))
    state = forms.ChoiceField(label=_("State"), choices=[("", _("All")), *App.State.choices])
    channel = forms.ChoiceField(label=_("Channel"))
    health = forms.ChoiceField(
        label=_("Health"), choices=[("", _("All")), *AppHealth.State.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind.slug, kind.name) for kind in registry.all_types()]
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("All")), *kinds]


class RenameForm(ConsoleForm):
    """The name of an app."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)


class _NumbersForm(ConsoleForm):
    """A form that says which field must be a whole number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.IntegerField):
                sentence = _("{label} must be a whole number")
                field.error_messages["invalid"] = sentence.format(label=field.label)


class PolicyForm(_NumbersForm):
    """What devices and the gateway follow; the ranges are those of ``policy.checked``."""

    retry_count = forms.IntegerField(
        label=_("Retries"),
        help_text=_("How often a message is tried again after it could not be handed over."),
    )
    retry_interval_seconds = forms.IntegerField(
        label=_("Time between retries"), help_text=_("In seconds.")
    )
    expiry_seconds = forms.IntegerField(
        label=_("Expiry"),
        help_text=_(
            "Seconds after which an undelivered message is given up, unless the request "
            "says otherwise. 86400 is a day."
        ),
    )
    messages_per_second = forms.IntegerField(
        label=_("Messages per second"),
        required=False,
        help_text=_("To the provider, over all services. 0 is the channel's own limit."),
    )
    allowed_origins = forms.CharField(
        label=_("Allowed origins"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_(
            "Sites whose pages may be a device of this app, one in a line. "
            "An asterisk allows any site."
        ),
    )
    client_key_as_password = forms.BooleanField(
        label=_("Let devices connect with the client key as password"), required=False
    )

    def __init__(self, *args: Any, has_devices: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_devices:
            del self.fields["messages_per_second"]
        else:
            del self.fields["allowed_origins"], self.fields["client_key_as_password"]

    def clean_messages_per_second(self) -> int:
        """Return the number; nothing is the channel's own limit."""
        return self.cleaned_data["messages_per_second"] or 0

    def clean_allowed_origins(self) -> tuple[str, ...]:
        """Return the lines that say something."""
        lines: str = self.cleaned_data["allowed_origins"]
        return tuple(lines.replace(",", " ").split())


class DevicesForm(_NumbersForm):
    """Who may register a device, and what is kept of it and for how long."""

    profile_required = forms.BooleanField(
        label=_("Register only customers who have a master profile"),
        required=False,
        help_text=_(
            "A device must name a customer that the Profile API or a person has made before. "
            "Without this, unknown customers and guests can register too."
        ),
    )
    device_attributes = forms.MultipleChoiceField(
        label=_("Device attributes"),
        choices=list(DEVICE_ATTRIBUTES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("What is kept of what devices tell. The rest is dropped as it comes in."),
    )
    inactive_days = forms.IntegerField(
        label=_("Forget silent devices after"),
        help_text=_("Days without a sign of life, up to 365. The device registers again."),
    )
    threads_per_user = forms.IntegerField(
        label=_("Threads of a user"),
        help_text=_(
            "Devices of a user with so many open no more; your servers and agents still do."
        ),
    )

    def clean_device_attributes(self) -> tuple[str, ...]:
        """Return the words in the order of the list."""
        return tuple(self.cleaned_data["device_attributes"])


class FilesForm(_NumbersForm):
    """How long files of messages are kept, and how much of them."""

    media_days = forms.IntegerField(
        label=_("Delete files after"),
        help_text=_("Days, up to 3650. Messages with the file stay in the log."),
    )
    media_megabytes = forms.IntegerField(
        label=_("Keep files up to"),
        help_text=_(
            "Megabytes (million bytes) of all files of the app. A file beyond that is refused."
        ),
    )


def policy_initial(policy: Policy) -> dict[str, Any]:
    """Return a policy as ``PolicyForm`` begins with it."""
    from imiconnect.apps.policy import as_stored

    return as_stored(policy) | {"allowed_origins": "\n".join(policy.allowed_origins)}


class IncomingForm(ConsoleForm):
    """Which service gets the messages that no thread belongs to."""

    use = forms.ChoiceField(
        label=_("Incoming messages go to"),
        help_text=_("Messages of a thread go to the service that opened it."),
        error_messages={"required": _("Select the service")},
    )

    def __init__(self, *args: Any, uses: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["use"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(use.id, use.name) for use in uses]
