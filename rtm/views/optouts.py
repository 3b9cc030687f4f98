"""Customers > Opt-outs: who gets no SMS any more, and the words by which people say so."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import CODE, TIME, Column, choice
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import ObjectMixin, refuse
from imiconnect.numbers.models import ReservedWord
from imiconnect.numbers.numbering import pretty
from imiconnect.rtm.models import OptOut, OptWord
from imiconnect.rtm.shell import customer_pages
from imiconnect.rtm.telecom import optouts as services
from imiconnect.rtm.telecom.addresses import digits_of


class OptOutFilters(FilterForm):
    """The filters of the list."""

    q = forms.CharField(label=_("Mobile number"), max_length=32)
    sender = forms.CharField(label=_("Sender"), max_length=64)


def number_of(row: OptOut) -> str:
    """Return the customer's number as people read it."""
    return pretty(f"+{row.address}")


class OptOuts(MemberRequiredMixin, ListPage):
    """The opt-outs of the organization, newest first."""

    section = "customers"
    template_name = "rtm/opt_outs.html"
    title = _("Opt-outs")
    filter_form = OptOutFilters
    export_name = "opt-outs"
    caption = _("Customers who get no SMS, newest first")
    columns: ClassVar = (
        Column("address", _("Mobile number"), number_of, CODE),
        Column("sender", _("From"), lambda row: row.sender or _("Every sender"), CODE),
        Column("source", _("How"), choice("source", OptOut.Source)),
        Column("word", _("Word")),
        Column("created_at", _("Since"), kind=TIME),
    )

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say how customers get here."""
        text = _("A customer who answers STOP gets no more SMS from that number.")
        return Empty(_("Nobody has opted out"), text, self.primary(), "users")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the opt-outs of the organization."""
        rows: QuerySet[Any] = OptOut.objects.visible_to(acting(self.request))
        return rows

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find a whole number, however it is written, and a sender."""
        if wanted := (values.get("q") or "").strip():
            queryset = queryset.filter(address=digits_of(wanted) or wanted)
        if sender := (values.get("sender") or "").strip():
            queryset = queryset.filter(sender=services.as_sent(sender))
        return queryset

    def kinds(self) -> list[Button]:
        """Lead to customers, topics and segments."""
        return customer_pages("opt-outs")

    def primary(self) -> Button | None:
        """Offer to add one to those who may."""
        if not acting(self.request).can(Act.MANAGE_CUSTOMERS):
            return None
        return Button(_("ADD NEW"), reverse("rtm:opt-out-new"), "plus")

    def manage_url(self, row: OptOut) -> str:
        """Lead to taking it off the list."""
        if not acting(self.request).can(Act.MANAGE_CUSTOMERS):
            return ""
        return address_of("rtm:opt-out-remove", row.pk)


class OptOutForm(ConsoleForm):
    """Who is not to get SMS, and from which sender."""

    address = forms.CharField(
        label=_("Mobile number"),
        max_length=32,
        help_text=_("With the country code, such as +44 7700 900123."),
        error_messages={"required": _("Enter the mobile number")},
    )
    sender = forms.CharField(
        label=_("Sender"),
        max_length=64,
        required=False,
        help_text=_("A number, short code or Sender ID of yours. Without one: every sender."),
    )


class NewOptOut(MemberRequiredMixin, FormPage):
    """Put a number on the list, for example after a call."""

    act = Act.MANAGE_CUSTOMERS
    form_class = OptOutForm
    section = "customers"
    title = _("New opt-out")
    submit_label = _("ADD NEW")
    back_url = cancel_url = reverse_lazy("rtm:opt-outs")
    back_label = _("Opt-outs")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Add it by the service."""
        try:
            services.opt_out(member=acting(self.request), **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The number gets no more SMS."))
        return redirect("rtm:opt-outs")


class RemoveOptOut(ObjectMixin, ConfirmPage):
    """Take a number off the list."""

    act = Act.MANAGE_CUSTOMERS
    section = "customers"
    title = _("Take the number off the list")
    act_label = _("Take it off the list")
    keep_label = _("Keep it on the list")
    back_url = cancel_url = reverse_lazy("rtm:opt-outs")
    back_label = _("Opt-outs")

    def find(self, member: Member) -> OptOut:
        """Return the opt-out, or 404."""
        rows = OptOut.objects.visible_to(member)
        found: OptOut = get_object_or_404(rows, pk=self.kwargs["opt_out"])
        return found

    def get_object_name(self) -> str:
        """Return the number."""
        return number_of(self.object)

    def consequences(self) -> list[Any]:
        """Say what it takes to do this lawfully."""
        return [
            _("Messages are sent to the number again."),
            _("Do this only when the customer has asked for it."),
        ]

    def perform(self) -> str:
        """Remove it."""
        services.remove_opt_out(member=self.member, row=self.object)
        toast(self.request, _("The number gets SMS again."))
        return reverse("rtm:opt-outs")


class WordForm(ConsoleForm):
    """A word of the organization's own."""

    word = forms.CharField(
        label=_("Word"), max_length=50, error_messages={"required": _("Enter the word")}
    )
    meaning = forms.ChoiceField(label=_("What it does"), choices=OptWord.Meaning.choices)
    reply = forms.CharField(
        label=_("Reply"),
        required=False,
        max_length=480,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Sent from the number that got the word. Without a text, nothing is sent."),
    )


class OptWords(MemberRequiredMixin, FormPage):
    """The words of the platform and of the organization, and a form for another one."""

    form_class = WordForm
    template_name = "rtm/opt_words.html"
    section = "customers"
    title = _("Opt-out words")
    submit_label = _("ADD NEW")
    back_url = cancel_url = reverse_lazy("rtm:opt-outs")
    back_label = _("Opt-outs")
    act = Act.READ

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add both lists."""
        member = acting(self.request)
        own = list(OptWord.objects.visible_to(member))
        taken = {row.folded for row in own}
        usual = ReservedWord.objects.exclude(meaning=ReservedWord.Meaning.RESERVED)
        return super().get_context_data(**kwargs) | {
            "own_words": own,
            "usual_words": [row for row in usual if row.folded not in taken],
            "may_manage": member.can(Act.MANAGE_CUSTOMERS),
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Add the word."""
        try:
            services.save_word(member=acting(self.request), **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The word is saved."))
        return redirect("rtm:opt-words")


class RemoveWord(ObjectMixin, ConfirmPage):
    """Take a word of the organization's own away."""

    act = Act.MANAGE_CUSTOMERS
    section = "customers"
    title = _("Remove the word")
    act_label = _("Remove the word")
    keep_label = _("Keep the word")
    back_url = cancel_url = reverse_lazy("rtm:opt-words")
    back_label = _("Opt-out words")

    def find(self, member: Member) -> OptWord:
        """Return the word, or 404."""
        rows = OptWord.objects.visible_to(member)
        found: OptWord = get_object_or_404(rows, pk=self.kwargs["opt_word"])
        return found

    def get_object_name(self) -> str:
        """Return the word."""
        return str(self.object)

    def perform(self) -> str:
        """Remove it."""
        services.remove_word(member=self.member, row=self.object)
        toast(self.request, _("The word is removed."))
        return reverse("rtm:opt-words")
