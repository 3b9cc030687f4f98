"""Withdrawing a request that waits for support: asked once, on a page of its own."""

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import back_to
from imiconnect.console.lists import Button
from imiconnect.console.toasts import toast
from imiconnect.console.words import Words
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import OfflineRequest
from imiconnect.numbers.services import offline, withdrawing
from imiconnect.numbers.views.manage import OfNumber
from imiconnect.numbers.words import shown


class _WithdrawPage(MemberRequiredMixin, ConfirmPage):
    """What both pages have in common."""

    act = Act.MANAGE_NUMBERS
    section = "numbers"
    act_label = _("Withdraw the request")
    keep_label = _("Keep the request")


class WithdrawNumber(OfNumber, _WithdrawPage):
    """Withdraw the request for a Sender ID, keyword or short code."""

    def get_object_name(self) -> str:
        """Return the kind and what was asked for."""
        number = self.number
        return f"{number.get_kind_display()} {shown(number)}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the request and lead back to it."""
        return super().get_context_data(
            title=gettext("Withdraw %s") % shown(self.number),
            **back_to(self.url(), shown(self.number)),
            **kwargs,
        )

    def consequences(self) -> Sequence[Words]:
        """Say what ends; where operators are asked already, also who is told."""
        number = self.number
        lines: list[Words] = [_("Support does not decide it any more.")]
        if number.state == State.VERIFYING:
            lines.append(_("The operators verify the code now. Support is told to end that."))
        if number.kind in (Kind.KEYWORD, Kind.SHORT_CODE) and number.short_code_id:
            lines.append(_("Somebody else can then get it."))
        lines.append(_("Its history stays, and it can be asked for again."))
        return lines

    def blockers(self) -> Sequence[Button]:
        """Say so where nothing waits any more."""
        if withdrawing.may_be_withdrawn(self.number):
            return ()
        text = _("It does not wait for support, so there is nothing to withdraw.")
        return [Button(text, self.url())]

    def perform(self) -> str:
        """Withdraw it."""
        withdrawing.withdraw(member=acting(self.request), number=self.number)
        toast(self.request, _("The request was withdrawn"))
        return self.url()


class WithdrawOffline(_WithdrawPage):
    """Withdraw an offline request."""

    back_url = reverse_lazy("numbers:requests")
    back_label = _("Offline requests")
    cancel_url = back_url

    @cached_property
    def wish(self) -> OfflineRequest:
        """The request of the address; those of others are 404."""
        rows = OfflineRequest.objects.visible_to(acting(self.request))
        found: OfflineRequest = get_object_or_404(rows, pk=self.kwargs["pk"])
        return found

    @property
    def title(self) -> str:  # type: ignore[override]  # depends on the request
        """Name the request."""
        return gettext("Withdraw %s") % self.wish

    def get_object_name(self) -> str:
        """Return the reference, with what was asked for."""
        wish = self.wish
        return f"{wish}, {wish.country_name}: {wish.quantity}"

    def consequences(self) -> Sequence[Words]:
        """Say what ends."""
        return [_("Support does not answer it any more.")]

    def blockers(self) -> Sequence[Button]:
        """Say so where it is answered or withdrawn."""
        if self.wish.state == OfflineRequest.State.OPEN:
            return ()
        text = _("It does not wait for support, so there is nothing to withdraw.")
        return [Button(text, reverse("numbers:requests"))]

    def perform(self) -> str:
        """Withdraw it."""
        offline.withdraw(member=acting(self.request), request=self.wish)
        toast(self.request, _("The request %s was withdrawn") % self.wish)
        return reverse("numbers:requests")
