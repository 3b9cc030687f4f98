"""Make one call from the console."""

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast
from imiconnect.rtm.send_form import PATH, curl_of
from imiconnect.rtm.services import Refusal, send_request
from imiconnect.rtm.shell import send_pages
from imiconnect.rtm.telecom.call_form import CallForm, callers_of, example


class SendCall(MemberRequiredMixin, FormPage):
    """One call to one customer, accepted by the code that serves the Messaging API."""

    act = Act.SEND_MESSAGES
    form_class = CallForm
    template_name = "rtm/send_call.html"
    section = "messages"
    title = _("Send a message")
    submit_label = _("Call")
    back_url = reverse_lazy("rtm:messages")
    back_label = _("Messages")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the person who calls."""
        return super().get_form_kwargs() | {"member": acting(self.request)}

    def get_initial(self) -> dict[str, Any]:
        """Take the number that another page has put into the address."""
        return {"to": self.request.GET.get("to", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the other channels, and the request that the form stands for."""
        context = super().get_context_data(**kwargs)
        return context | {
            "kinds": send_pages("send-call"),
            "any_sender": callers_of(acting(self.request)).exists(),
            "curl": curl_of(example()),
            "messaging_path": PATH,
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Hand the call to the gateway and lead to its journey."""
        assert isinstance(form, CallForm)  # noqa: S101 - form_class
        service = form.cleaned_data["sender"].service
        body = json.dumps(form.request(timezone.now())).encode()
        try:
            sent = send_request(service=service, body=body)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            return self.form_invalid(form)
        toast(self.request, _("Call accepted"))
        return redirect("rtm:journey", key=sent.transid)
