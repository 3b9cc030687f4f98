"""The manage page of a number: details, subscription, services, URLs, history, release."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.console import once
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import PageMixin, back_to
from imiconnect.console.lists import Button
from imiconnect.console.templatetags.console import plain_moment
from imiconnect.console.toasts import toast
from imiconnect.console.words import Words
from imiconnect.manage import refuse
from imiconnect.numbers.forms.requests import NumberNameForm, ReserveForm, UrlsForm
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Number, PhoneLine, ReservedKeyword
from imiconnect.numbers.ports import answers, uses_of
from imiconnect.numbers.services import history, lines, releasing, senders, withdrawing
from imiconnect.numbers.words import abilities, shown

_FORMS = {
    Kind.PHONE_NUMBER: "numbers:phone",
    Kind.SENDER_ID: "numbers:sender",
    Kind.KEYWORD: "numbers:keyword",
    Kind.SHORT_CODE: "numbers:short-code",
}


class OfNumber:
    """A page of one number of the person's organization; others are 404."""

    request: HttpRequest
    kwargs: dict[str, Any]
    #: Which rows are read with the number, beside those that name it.
    beside: tuple[str, ...] = ()

    @cached_property
    def number(self) -> Number:
        """The number of the address."""
        member = acting(self.request)
        rows = member.organization.numbers.visible_to(member)
        rows = rows.select_related("country", "short_code", "created_by", *self.beside)
        found: Number = get_object_or_404(rows, pk=self.kwargs["pk"])
        return found

    def url(self, name: str = "manage") -> str:
        """Return an address of this number."""
        return reverse(f"numbers:{name}", args=[self.number.pk])


class NumberPage(MemberRequiredMixin, OfNumber, PageMixin, TemplateView):
    """Everything about a number on one page; each card its own form."""

    act = Act.READ
    template_name = "numbers/manage.html"
    section = "numbers"
    back_label = _("Numbers")
    beside = ("line", "order", "keyword_details", "short_code_request")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Collect what the cards show."""
        number, member = self.number, acting(self.request)
        line = getattr(number, "line", None)
        may = member.can(Act.MANAGE_NUMBERS)
        is_phone, is_code = number.kind == Kind.PHONE_NUMBER, number.kind == Kind.SHORT_CODE
        context = {
            "title": shown(number),
            "back_url": reverse("numbers:list"),
            "number": number,
            "line": line,
            "order": getattr(number, "order", None),
            "keyword": getattr(number, "keyword_details", None),
            "code_request": getattr(number, "short_code_request", None),
            "verifications": number.verifications.all() if is_code else (),
            "events": number.events.all(),
            "abilities": abilities(number),
            "uses": uses_of(number, member),
            "reserved": number.reserved_keywords.order_by("folded"),
            "charges": number.charges.all()[:12],
            "sender": senders.sender_id_of(number) if is_phone and number.sms else None,
            "may_manage": may,
            "may_withdraw": may and withdrawing.may_be_withdrawn(number),
            "again_url": _again_url(number),
            "may_set_up": may and line is not None and number.state == State.ACTIVE,
            "urls_form": UrlsForm(initial=_urls(line), number=number),
            "reserve_form": ReserveForm(),
        }
        return super().get_context_data(**(context | kwargs))


def _again_url(number: Number) -> str:
    """Return where a number of this kind is asked for, with what the form can be given."""
    kind = Kind(number.kind)
    answered: dict[Kind, dict[str, Any]] = {
        Kind.SENDER_ID: {"code": number.value, "country": number.country_id or ""},
        Kind.KEYWORD: {"again": number.pk},
    }
    given, url = answered.get(kind), reverse(_FORMS[kind])
    return f"{url}?{urlencode(given)}" if given else url


def _urls(line: PhoneLine | None) -> dict[str, str]:
    return {name: getattr(line, name, "") for name in ("incoming_call_url", "incoming_sms_url")}


class HistoryPart(MemberRequiredMixin, OfNumber, TemplateView):
    """What happened to a number, for the pop-up of the list."""

    act = Act.READ
    template_name = "numbers/history_pop.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the number with its events, the services that use it and its cost."""
        number = self.number
        return {
            "number": number,
            "name": shown(number),
            "events": number.events.all(),
            "uses": uses_of(number, acting(self.request)),
        }


class NumberForms(NumberPage):
    """The forms of the manage page; a refused one comes back with what was typed."""

    act = Act.MANAGE_NUMBERS
    http_method_names = ("post",)
    template_name = "numbers/manage.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run the form that was sent, once."""
        act = {"urls": self._set_urls, "reserve": self._reserve, "free": self._free}
        if kwargs["form"] not in act:
            return HttpResponse(status=404)
        return once.guarded(request, act[kwargs["form"]])

    def _set_urls(self) -> HttpResponse:
        form = UrlsForm(self.request.POST, number=self.number)
        return self._run(form, "urls_form", lines.set_urls, _("The URLs were saved"))

    def _reserve(self) -> HttpResponse:
        form = ReserveForm(self.request.POST)
        done = _("The keyword was reserved")
        return self._run(form, "reserve_form", lines.reserve_keyword, done)

    def _free(self) -> HttpResponse:
        keyword = get_object_or_404(
            ReservedKeyword, number=self.number, pk=self.request.POST.get("keyword")
        )
        member = acting(self.request)
        lines.free_keyword(member=member, number=self.number, keyword=keyword)
        toast(self.request, _("The keyword %s is free again") % keyword)
        return HttpResponseRedirect(self.url())

    def _run(self, form: Any, name: str, service: Any, done: Words) -> HttpResponse:
        if form.is_valid():
            try:
                member = acting(self.request)
                service(member=member, number=self.number, **form.cleaned_data)
            except ValidationError as problem:
                refuse(form, problem)
            else:
                toast(self.request, done)
                return HttpResponseRedirect(self.url())
        context = self.get_context_data(**{name: form, "form": form})
        return self.render_to_response(context, status=422)


class ReleasePage(MemberRequiredMixin, OfNumber, ConfirmPage):
    """Release is its own act: traffic, what stops, blockers, the number typed."""

    act = Act.MANAGE_NUMBERS
    section = "numbers"
    heavy = True
    template_name = "numbers/release.html"
    act_label = _("Release")
    keep_label = _("Keep the number")

    def get_form_class(self) -> type[NumberNameForm]:
        """Take the number with or without spaces."""
        return NumberNameForm

    def get_object_name(self) -> str:
        """Return what must be typed."""
        return self.number.value or str(self.number)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the traffic, and what the state allows."""
        number = self.number
        return super().get_context_data(
            title=gettext("Release %s") % shown(number),
            **back_to(self.url(), shown(number)),
            number=number,
            traffic=answers.traffic(number),
            **kwargs,
        )

    def consequences(self) -> Sequence[Words]:
        """Say what stops, and what can be undone until when."""
        lines: list[Words] = [
            _("Nothing can be sent or received over it any more."),
            _("For 7 days it stays yours and the release can be undone."),
            _("After that anybody may get it."),
        ]
        if self.number.monthly_cost:
            end = date_format(timezone.now() + releasing.QUARANTINE, "F Y")
            lines.append(
                _("It is charged up to the end of %s, in which it is given back.") % end
            )
        return lines

    def blockers(self) -> Sequence[Button]:
        """Return the services that use it, and what stands on it."""
        found = releasing.release_blockers(self.number)
        if self.number.state != State.ACTIVE:
            text = _("It is not active, so there is nothing to release.")
            return [Button(text, self.url())]
        return [Button(blocker.text, blocker.url or self.url()) for blocker in found]

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Release it; what began to use it meanwhile is shown instead."""
        try:
            return super().form_valid(form)
        except history.Blocked:
            return self.render_to_response(self.get_context_data(form=form), status=409)

    def perform(self) -> str:
        """Begin the release."""
        until = releasing.release_number(
            member=acting(self.request),
            number=self.number,
            typed=self.request.POST.get("name", ""),
        )
        text = _("The release can be undone until %s") % plain_moment(until)
        toast(self.request, text, undo_url=self.url("undo-release"))
        return self.url()


@require_POST
@member_required(Act.MANAGE_NUMBERS)
def undo_release(request: HttpRequest, pk: str) -> HttpResponseBase:
    """Keep the number after all."""
    member = acting(request)
    number = get_object_or_404(Number.objects.visible_to(member), pk=pk)
    url = reverse("numbers:manage", args=[pk])
    try:
        releasing.undo_release(member=member, number=number)
    except ValidationError as problem:
        context = {"problem": problem, "back_url": url}
        return render(request, "numbers/refused.html", context, status=409)
    toast(request, _("The number stays yours"))
    return HttpResponseRedirect(url)
