"""The phone number wizard: country, Buy Phone Number, address, details, CONFIRM."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.forms import ConsoleForm
from imiconnect.numbers.forms.phone import AddressForm, CountryForm, PickForm, SearchForm
from imiconnect.numbers.kinds import State
from imiconnect.numbers.models import Address, Country, RateCard
from imiconnect.numbers.numbering import pretty
from imiconnect.numbers.services import addresses, buying
from imiconnect.numbers.services.searching import Part, search_numbers
from imiconnect.wizards import Answers, Outcome, Step, Wizard


def _rates(answers: Answers) -> list[RateCard]:
    country = answers.value("country", "country")
    return list(RateCard.objects.filter(country=country).select_related("country"))


def _rate(answers: Answers) -> RateCard:
    chosen = answers.value("search", "number_type")
    return next(rate for rate in _rates(answers) if rate.number_type == chosen)


def _search(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    """Return the search form and, once it was sent, the numbers for sale."""
    rates = _rates(answers)
    # Without a type, which is an error then, the other fields are sent all the same.
    asked = bool({"number_type", "digits"} & set(request.GET))
    before = {
        name: answers.value("search", name)
        for name in ("number_type", "digits", "match", "area_code", "locality")
    }
    form = SearchForm(
        request.GET if asked else None,
        rates=rates,
        initial={name: value for name, value in before.items() if value},
    )
    context = {
        "search": form,
        "country": Country.objects.get(pk=answers.value("country", "country")),
        "asked": asked,
        "kept": _kept(request, answers),
    }
    if asked and form.is_valid():
        values = form.cleaned_data
        rate = form.rates[values["number_type"]]
        context |= {"rate": rate, "values": values}
        if rate.can_be_bought:
            context |= _shelf(request, rate, values)
    return context


def _kept(request: HttpRequest, answers: Answers) -> dict[str, Any] | None:
    """Return the number that was chosen before, which no search finds while it is kept."""
    e164 = answers.value("search", "e164", "")
    reservation = buying.reservation_of(acting(request), e164)
    if reservation is None:
        return None
    return {"shown": pretty(e164), "until": reservation.expires_at}


def _shelf(request: HttpRequest, rate: RateCard, values: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers that a search shows, with the addresses of the next and first ones."""
    names = ("digits", "match", "area_code", "locality")
    wish: dict[str, Any] = {name: values.get(name) or "" for name in names}
    after = request.GET.get("after", "")
    try:
        shelf = search_numbers(rate=rate, part=Part(after=after), **wish)
    except ValidationError:  # the carrier was turned off in the meantime
        shelf, after = search_numbers(rate=rate, part=Part(), **wish), ""
    first = {"number_type": rate.number_type, **wish}
    return {
        "found": shelf.found,
        "has_places": any(row.locality for row in shelf.found),
        "in_city": shelf.in_city,
        "cities": [
            (city, f"?{urlencode({**first, 'locality': city})}") for city in shelf.cities
        ],
        "complete": shelf.complete,
        "first_url": f"?{urlencode(first)}" if after else "",
        "more_url": f"?{urlencode({**first, 'after': shelf.after})}" if shelf.after else "",
    }


def _address(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    rate = _rate(answers)
    kept = Address.objects.visible_to(acting(request)).select_related("country")
    if rate.address_requirement == "local":
        kept = kept.filter(country=rate.country_id)
    if rate.address_requirement == "foreign":
        kept = kept.exclude(country=rate.country_id)
    return {"rate": rate, "addresses": list(kept[:20])}


def purchase(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    """Return what the confirmation screens show: number, rates, address, time left."""
    e164 = answers.value("search", "e164")
    form = answers.forms.get("address")
    kept = form.kept_address if isinstance(form, AddressForm) else None
    return {
        "e164": e164,
        "shown": pretty(e164),
        "rate": _rate(answers),
        "address": kept or answers.get("address"),
        "is_kept": kept is not None,
        "reservation": buying.reservation_of(acting(request), e164),
    }


class PhoneNumberWizard(MemberRequiredMixin, Wizard):
    """Nothing but the reservation is written before CONFIRM."""

    act = Act.MANAGE_NUMBERS
    name = "phone-number"
    url_name = "numbers:phone"
    section = "numbers"
    title = _("Phone Number")
    review_title = _("Buy this number?")
    review_template = "numbers/phone/confirm.html"
    done_title = _("The number is yours")
    done_template = "numbers/phone/done.html"
    already_title = _("This number was already bought")
    already_text = _("Going back does not buy it a second time.")
    steps = (
        Step(
            "country",
            _("Country"),
            CountryForm,
            "numbers/phone/country.html",
            heading=_("Where do you need a number?"),
        ),
        Step(
            "search",
            _("Buy Phone Number"),
            PickForm,
            "numbers/phone/search.html",
            kwargs=lambda request, answers: {"rates": _rates(answers)},
            context=_search,
        ),
        Step(
            "address",
            _("Address"),
            AddressForm,
            "numbers/phone/address.html",
            applies=lambda answers: "search" in answers and _rate(answers).needs_address,
            kwargs=_address,
            context=_address,
        ),
        Step(
            "details",
            _("Details"),
            ConsoleForm,
            "numbers/phone/details.html",
            heading=_("Verify the details"),
            button=_("CONFIRM AND BUY"),
            context=purchase,
        ),
    )

    def get(self, request: HttpRequest, step: str = "", **kwargs: Any) -> HttpResponse:
        """Begin at the search where an old draft's number is not kept any more."""
        run = self._run()
        e164 = Answers(self, run["data"]).value("search", "e164", "")
        if not step and e164 and not buying.reservation_of(acting(request), e164):
            run["data"] = {"country": run["data"]["country"]}
            self._keep(run)
        return super().get(request, step, **kwargs)

    def post(self, request: HttpRequest, step: str = "", **kwargs: Any) -> HttpResponse:
        """Reserve with BUY, and lead to the offline request where nothing is sold."""
        before = Answers(self, self._run()["data"]).value("search", "e164", "")
        response = super().post(request, step, **kwargs)
        if request.POST.get("act") == "discard":
            buying.let_go(member=acting(request), e164=before)
        if response.status_code == 302 and request.POST.get("act") != "discard":
            answers = Answers(self, self._run()["data"])
            if step == "country" and not _rates(answers):
                country = answers.value("country", "country")
                query = urlencode({"country": country})
                return HttpResponseRedirect(f"{reverse('numbers:offline')}?{query}")
            if step == "search" and "search" in answers:
                return self._reserve(answers, before) or response
        return response

    def _reserve(self, answers: Answers, before: str) -> HttpResponse | None:
        chosen = answers["search"]
        if before != chosen["e164"]:
            buying.let_go(member=acting(self.request), e164=before)
        try:
            buying.reserve(
                member=acting(self.request),
                e164=chosen["e164"],
                number_type=chosen["number_type"],
                carrier=chosen["carrier"],
            )
        except ValidationError as problem:
            run = self._run()
            run["data"].pop("search", None)
            self._keep(run)
            step = self._step("search")
            form = step.bind(self.request, answers, self.request.POST)
            form.add_error(None, problem.messages)
            return self._show(step, form, answers, status=422)
        # A new order each time: after one that is refused the same number may be tried again.
        self._keep(self._run() | {"order": str(uuid.uuid4())})
        return None

    def review_context(self, answers: Answers) -> dict[str, Any]:
        """Show number, cost and time left once more."""
        return purchase(self.request, answers) | {"details_url": self._url("details")}

    def finish(self, answers: Answers) -> Outcome:
        """Buy; what the carrier leaves open goes on by itself."""
        member, run = acting(self.request), self._run()
        order = buying.buy_number(
            member=member,
            e164=answers.value("search", "e164"),
            address=self._kept(answers),
            # A draft that an older version has kept has no order of its own.
            key=f"wizard:{run.get('order', run['id'])}",
        )
        number = order.number
        number.refresh_from_db()
        words = {"state": number.state, "shown": pretty(number.value)}
        if number.state == State.ACTIVE:
            words["next"] = gettext("It is on the numbers screen and can be used at once.")
            words["sender_url"] = (
                reverse("numbers:as-sender", args=[number.pk]) if number.sms else ""
            )
        else:
            words["next"] = gettext(
                "The order is placed and goes on by itself. The numbers screen shows how far "
                "it has come; nothing is charged before the number is yours."
            )
        url = reverse("numbers:manage", args=[number.pk])
        return Outcome(url, reference=str(order), words=words)

    def _kept(self, answers: Answers) -> Address | None:
        form = answers.forms.get("address")
        if not isinstance(form, AddressForm):
            return None
        if form.kept_address:
            return form.kept_address
        values = form.cleaned_data
        return addresses.keep_address(
            member=acting(self.request),
            country=values["country"].pk,
            **{name: values[name] for name in addresses.FIELDS},
        )
