"""The short code request: country, code, purpose, review."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.summary import SummaryRow
from imiconnect.numbers.forms.codes import CodeDetailsForm, CodePurposeForm
from imiconnect.numbers.forms.phone import CountryForm, country_label
from imiconnect.numbers.models import Country, ShortCodeFormat
from imiconnect.numbers.services import short_codes
from imiconnect.wizards import Answers, Outcome, Step, Wizard


def _country(answers: Answers) -> Country:
    return Country.objects.get(pk=answers.value("country", "country"))


def _known(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    country = _country(answers)
    known = ShortCodeFormat.objects.filter(country=country).first()
    lengths = short_codes.in_words(short_codes.lengths_of(known))
    return {"country": country, "known": known, "lengths": lengths}


class CountryStep(Step):
    """Typed or chosen, one country: the review shows it once."""

    def summary(self, answers: Answers) -> list[SummaryRow]:
        """Return the country alone."""
        return [SummaryRow(_("Country"), country_label(_country(answers)))]


class ShortCodeWizard(MemberRequiredMixin, Wizard):
    """Asks support; nothing is written before Submit."""

    act = Act.MANAGE_NUMBERS
    name = "short-code"
    url_name = "numbers:short-code"
    section = "numbers"
    title = _("Short Code")
    review_intro = _(
        "Support sends the code to the operators. Their verification takes up to two working "
        "days; the numbers screen shows how far it has come."
    )
    confirm_label = _("Submit")
    done_title = _("The short code was requested")
    already_title = _("This short code was already requested")
    steps = (
        CountryStep(
            "country",
            _("Country"),
            CountryForm,
            "numbers/country.html",
            heading=_("Where do you need a short code?"),
        ),
        Step(
            "code",
            _("Code"),
            CodeDetailsForm,
            "numbers/short_code.html",
            heading=_("Which code do you want?"),
            kwargs=lambda request, answers: {"country": _country(answers)},
            context=_known,
        ),
        Step(
            "purpose",
            _("Purpose"),
            CodePurposeForm,
            heading=_("What is it for?"),
        ),
    )

    def finish(self, answers: Answers) -> Outcome:
        """Write the request."""
        code, purpose = answers["code"], answers["purpose"]
        wish = short_codes.Wish(
            country=_country(answers),
            choice=code["choice"],
            desired_code=code["desired_code"],
            is_dedicated=code["use"] == "dedicated",
            operators=purpose["operators"].splitlines(),
            monthly_volume=purpose["monthly_volume"],
            purpose=purpose["purpose"],
        )
        number = short_codes.request_short_code(member=acting(self.request), wish=wish)
        words = {
            "next": gettext(
                "Support starts the verification with the operators; from then on the page of "
                "the code shows when each answer is due. You are told by mail."
            )
        }
        url = reverse("numbers:manage", args=[number.pk])
        return Outcome(url, reference=number.short_code_request.reference, words=words)
