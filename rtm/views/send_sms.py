"""Send one SMS from the console, and count its parts while it is typed."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast
from imiconnect.rtm.send_form import PATH, curl_of
from imiconnect.rtm.services import Refusal, send_request
from imiconnect.rtm.shell import send_pages
from imiconnect.rtm.telecom import gsm
from imiconnect.rtm.telecom.content import CODINGS, UNICODE
from imiconnect.rtm.telecom.parts import MOST_PARTS, split_text
from imiconnect.rtm.telecom.send_form import SmsForm, example, senders_of

_LONGEST = 1600
_NAMES = {"gsm7": _("GSM alphabet"), "ucs2": _("Unicode")}


class SendSms(MemberRequiredMixin, FormPage):
    """One SMS to one customer, accepted by the code that serves the Messaging API."""

    act = Act.SEND_MESSAGES
    form_class = SmsForm
    template_name = "rtm/send_sms.html"
    section = "messages"
    title = _("Send a message")
    submit_label = _("Send")
    back_url = reverse_lazy("rtm:messages")
    back_label = _("Messages")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the person who sends."""
        return super().get_form_kwargs() | {"member": acting(self.request)}

    def get_initial(self) -> dict[str, Any]:
        """Take the number that another page has put into the address."""
        return {"to": self.request.GET.get("to", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the other channels, and the request that the form stands for."""
        context = super().get_context_data(**kwargs)
        return context | {
            "kinds": send_pages("send-sms"),
            "any_sender": senders_of(acting(self.request)).exists(),
            "curl": curl_of(example()),
            "messaging_path": PATH,
            "count": counted(self.request.POST),
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Hand the message to the gateway and lead to its journey."""
        assert isinstance(form, SmsForm)  # noqa: S101 - form_class
        service = form.cleaned_data["sender"].service
        body = json.dumps(form.request(timezone.now())).encode()
        try:
            sent = send_request(service=service, body=body)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            return self.form_invalid(form)
        toast(self.request, _("Message accepted"))
        return redirect("rtm:journey", key=sent.transid)


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
