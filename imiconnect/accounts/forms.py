"""Forms of people and levels; the services do the writing."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import Level, choices_of
from imiconnect.accounts.models import User
from imiconnect.accounts.roles import Role
from imiconnect.console.confirm import NameForm as ConfirmNameForm
from imiconnect.console.forms import ConsoleForm

#: Of an address, as the rows keep it; a form of Django's takes more.
EMAIL_LENGTH = 254


class NameForm(ConsoleForm):
    """A name, of a person or of a level."""

    name = forms.CharField(label=_("Name"), max_length=100)


class SeatForm(ConsoleForm):
    """A role and a level; ``levels`` are those that the acting person may give."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "A Viewer looks, an Asset Manager also runs numbers and apps, a Developer also "
            "services and keys, an Admin everything."
        ),
    )
    level = forms.ChoiceField(
        label=_("Level"),
        help_text=_("People see their own level and everything below it."),
    )

    def __init__(self, *args: Any, levels: dict[str, Level], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = levels
        self.fields["level"].choices = choices_of(levels)  # type: ignore[attr-defined]  # a ChoiceField

    def chosen_level(self) -> Level:
        """Return the level itself; only of a form that is valid."""
        return self.levels[self.cleaned_data["level"]]


class InvitationForm(SeatForm):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=EMAIL_LENGTH,
        error_messages={"invalid": _("Enter an e-mail address in the form name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role", "level")


class MergeForm(ConfirmNameForm):
    """The level into which another one goes, and the name of the one that ends."""

    target = forms.ChoiceField(
        label=_("Merge into"),
        help_text=_("It gets the people, apps, services and shares."),
        error_messages={"required": _("Select where everything goes")},
    )
    #: Which changes were shown; others, or none yet, are shown before the merge.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("target", "name", "seen")

    def __init__(self, *args: Any, levels: dict[str, Level], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = levels
        self.fields["target"].choices = [("", _("Select")), *choices_of(levels)]  # type: ignore[attr-defined]  # a ChoiceField

    def chosen_level(self) -> Level:
        """Return the level itself; only of a form that is valid."""
        return self.levels[self.cleaned_data["target"]]


class JoinForm(ConsoleForm):
    """The name and password of somebody new, behind an invitation."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        error_messages={"required": _("Enter your name")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters. A few words in a row are easy to keep in mind."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Check the password, also against name and address."""
        values = super().clean() or {}
        if "password" in values:
            person = User(email=self.email, name=values.get("name", ""))
            try:
                validate_password(values["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return values


class LevelForm(ConsoleForm):
    """The level from which to look."""

    level = forms.ChoiceField(label=_("Level"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, levels: dict[str, Level], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = choices_of(levels)  # type: ignore[attr-defined]  # a ChoiceField


class TrialForm(ConsoleForm):
    """What a business without an account says about itself."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        error_messages={"required": _("Enter your name")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Work e-mail address"),
        max_length=EMAIL_LENGTH,
        help_text=_("A link to confirm it is sent there. You sign in with it later."),
        error_messages={"invalid": _("Enter an e-mail address in the form name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    business = forms.CharField(
        label=_("Business"),
        max_length=100,
        help_text=_("The name that the organization will have here."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    reason = forms.CharField(
        label=_("What you want to try"),
        max_length=1000,
        help_text=_("Such as: link our business account at Apple to answer its messages."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what you want to try")},
    )
