"""The keyword form: whole, with what Submit would do shown beforehand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast
from imiconnect.manage import refuse
from imiconnect.numbers.forms.codes import KeywordForm, wish_of
from imiconnect.numbers.kinds import State
from imiconnect.numbers.services import keywords


def _preview(request: HttpRequest, values: dict[str, Any]) -> dict[str, Any]:
    """Return what Submit would do with what is typed so far."""
    wish = wish_of(values)
    if not wish.keyword.strip() or not wish.choice:
        return {"waiting": True}
    try:
        return {"preview": keywords.preview(member=acting(request), wish=wish), "wish": wish}
    except ValidationError as problem:
        return {"problem": " ".join(problem.messages)}


@member_required(Act.MANAGE_NUMBERS)
def keyword_check(request: HttpRequest) -> HttpResponse:
    """Return the code that would be given, or why none would, to be put into the page."""
    return render(request, "numbers/keyword/check.html", _preview(request, request.GET.dict()))


class KeywordPage(MemberRequiredMixin, FormPage):
    """One form, as documented; warnings ask for a tick before it is sent."""

    act = Act.MANAGE_NUMBERS
    section = "numbers"
    title = _("Keyword")
    template_name = "numbers/keyword/form.html"
    form_class = KeywordForm
    submit_label = _("Submit")
    back_url = reverse_lazy("numbers:list")
    back_label = _("Numbers")
    warnings: list[str] = []

    def get_initial(self) -> dict[str, Any]:
        """Offer the organization's own code, and the person's address.

        ``again`` in the address names a keyword whose details are asked for once more.
        """
        member = acting(self.request)
        own = keywords.own_codes(member.organization_id)
        return super().get_initial() | {
            "choice": "vanity" if own else "random",
            "desired_short_code": own[0].code if own else "",
            "email": member.user.email,
            "company_name": member.organization.name,
            **keywords.asked_for(member, self.request.GET.get("again", "")),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the codes to choose from and the warnings."""
        context = super().get_context_data(**kwargs)
        own = keywords.own_codes(acting(self.request).organization_id)
        if self.request.method == "POST":
            context |= _preview(self.request, self.request.POST.dict())
        return context | {
            "own_codes": own,
            "default_codes": keywords.default_codes(),
            "warnings": self.warnings,
            "waiting": context.get("waiting", self.request.method != "POST"),
        }

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Ask for the keyword, once its warnings have been read."""
        assert isinstance(form, KeywordForm)  # noqa: S101 - for the type checker
        member, values = acting(self.request), dict(form.cleaned_data)
        try:
            preview = keywords.preview(member=member, wish=form.wish)
            if preview.code and preview.warnings and not values["accept"]:
                self.warnings = preview.warnings
                next_step = _("Tick this to request it all the same, or change the keyword.")
                form.add_error("accept", " ".join([*preview.warnings, str(next_step)]))
                return self.form_invalid(form)
            details = {name: values[name] for name in keywords.DETAILS}
            number = keywords.request_keyword(member=member, wish=form.wish, **details)
        except ValidationError as problem:
            refuse(form, problem)
            return self.form_invalid(form)
        active = number.state == State.ACTIVE
        done = _("The keyword can be used") if active else _("The keyword was requested")
        toast(self.request, done)
        return HttpResponseRedirect(reverse("numbers:manage", args=[number.pk]))
