"""Send one SMS from the console, and count its parts while it is typed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, acting, member_required
from imiconnect.rtm.telecom import gsm
from imiconnect.rtm.telecom.content import CODINGS, UNICODE
from imiconnect.rtm.telecom.parts import MOST_PARTS, split_text
from imiconnect.rtm.telecom.send_form import SmsForm, example, senders_of
from imiconnect.rtm.views.send_page import SendPage

_LONGEST = 1600
_NAMES = {"gsm7": _("GSM alphabet"), "ucs2": _("Unicode")}


class SendSms(SendPage):
    """One SMS to one customer."""

    form_class = SmsForm
    template_name = "rtm/send_sms.html"
    route = "send-sms"
    template_channels = ("sms",)

    def example(self) -> dict[str, Any]:
        """Return a text."""
        return example()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether there is a number to send from, and the parts of what was typed."""
        return super().get_context_data(**kwargs) | {
            "any_sender": senders_of(acting(self.request)).exists(),
            "count": counted(self.request.POST),
        }


def counted(values: Any) -> dict[str, Any]:
    """Return how a text would be cut: parts, units, room, and what makes it Unicode."""
    text = str(values.get("text", ""))[:_LONGEST]
    split = split_text(text, unicode=values.get("kind") == UNICODE)
    return {
        "split": split,
        "alphabet": _NAMES[CODINGS[split.coding]],
        "outside": gsm.outside(text)[:5] if CODINGS[split.coding] == "ucs2" else [],
        "too_many": split.parts > MOST_PARTS,
        "most": MOST_PARTS,
    }


@member_required(Act.SEND_MESSAGES)
def count_parts(request: HttpRequest) -> HttpResponse:
    """Say how many parts the text takes, for the page to show while it is typed."""
    context = {"count": counted(request.POST)}
    return render(request, "rtm/sms_parts.html", context)
