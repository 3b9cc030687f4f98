"""CONFIGURE APPS for a channel where a person logs in at the provider: name, account, SAVE.

A subclass names its ``TYPE`` and its words. The account step shows the button that leads to
the provider, and, once the person is back, the accounts that were granted; those that are
configured already cannot be selected.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import acting
from imiconnect.apps import authorizations, services
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.models import Authorization
from imiconnect.apps.provider_wizard import ProviderWizard
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.summary import SummaryRow
from imiconnect.wizards import Answers, Outcome, Step

BEGIN_AGAIN = _("The login has ended. Log in again.")


class AppNameForm(ConsoleForm):
    """The name under which people find the app."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("People of your organization see it in lists and when they send."),
    )


class AccountForm(ConsoleForm):
    """One of the accounts that a login has granted."""

    authorization = forms.CharField(required=False, widget=forms.HiddenInput)
    account = forms.CharField(required=False)

    def __init__(
        self, data: Any = None, *, request: HttpRequest, channel_type: str, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        given = data.get("authorization") if data else request.GET.get("authorization", "")
        self.row: Authorization | None = authorizations.find(
            acting(request), given, channel_type
        )
        self.fields["authorization"].initial = given
        free = [o.choice for o in self.offers if not (o.taken or o.choice.obstacle)]
        self.fields["account"].initial = free[0].account if len(free) == 1 else ""

    @property
    def offers(self) -> list[authorizations.Offer]:
        """The accounts to choose from."""
        return authorizations.offers(self.row) if self.row else []

    def clean(self) -> dict[str, Any]:
        """Check that the account was granted and is free."""
        values = super().clean() or {}
        if self.row is None:
            raise ValidationError(BEGIN_AGAIN)
        chosen = values.get("account", "")
        if any(offer.taken for offer in self.offers if offer.choice.account == chosen):
            raise ValidationError({"account": [services.ACCOUNT_TAKEN]})
        values["choice"] = authorizations.chosen(self.row, chosen)
        return values


class AccountStep(Step):
    """The step in which the account is chosen."""

    def summary(self, answers: Answers) -> list[SummaryRow]:
        """Show the account by its name, and who let the platform act for it."""
        form = answers.forms[self.slug]
        assert isinstance(form, AccountForm) and form.row  # noqa: S101 - it is valid
        person = authorizations.granted_by(form.row)
        return [
            SummaryRow(self.label, form.cleaned_data["choice"].name),
            SummaryRow(_("Authorized by"), person),
        ]


def account_step(kind: ChannelType, heading: Any) -> Step:
    """Return the account step of a channel type."""
    label = authorizations.linking_of(kind).account_label
    return AccountStep(
        "account",
        label,
        AccountForm,
        template_name="apps/account_step.html",
        heading=heading,
        kwargs=lambda request, answers: {"request": request, "channel_type": kind.slug},
        context=lambda request, answers: _login(kind),
    )


def _login(kind: ChannelType) -> dict[str, Any]:
    linking = authorizations.linking_of(kind)
    return {
        "login_button": linking.button,
        "login_url": reverse("apps:authorize", args=[kind.slug]),
        "next_path": reverse("apps:configure", args=[kind.slug, "account"]),
    }


class LinkedWizard(ProviderWizard):
    """The wizard; ``kind`` is the channel type."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Let the form of the button lead to the provider."""
        answer = super().dispatch(request, *args, **kwargs)
        origins = list(authorizations.linking_of(self.kind).origins())
        answer._csp_update = {"form-action": origins}  # type: ignore[attr-defined]
        return answer  # type: ignore[return-value]

    def finish(self, answers: Answers) -> Outcome:
        """Create the app, and check it at the provider at once."""
        choice = answers["account"]["choice"]
        app = services.create_app(
            member=acting(self.request),
            name=answers["name"]["name"],
            channel_type=self.kind.slug,
            config=choice.config,
            secrets=choice.secrets,
        )
        return self.made(app)
