"""Send one message from the console."""

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
from imiconnect.rtm.models import Device
from imiconnect.rtm.send_form import PATH, SendForm, curl_of, example, routes_of
from imiconnect.rtm.services import Refusal, send_request
from imiconnect.rtm.shell import send_pages

_SUGGESTED = 20


class SendMessage(MemberRequiredMixin, FormPage):
    """One message to one customer, accepted by the code that serves the Messaging API."""

    act = Act.SEND_MESSAGES
    form_class = SendForm
    template_name = "rtm/send.html"
    section = "messages"
    title = _("Send a message")
    submit_label = _("Send")
    back_url = reverse_lazy("rtm:messages")
    back_label = _("Messages")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the person who sends."""
        return super().get_form_kwargs() | {"member": acting(self.request)}

    def get_initial(self) -> dict[str, Any]:
        """Take the user ID that another page has put into the address."""
        return {"user_id": self.request.GET.get("user", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add suggestions, and the request that the form stands for."""
        context = super().get_context_data(**kwargs)
        member = acting(self.request)
        users = Device.objects.visible_to(member).filter(unregistered_at=None)
        newest = users.order_by("-id").values_list("user_id", flat=True)[:_SUGGESTED]
        return context | {
            "recent_users": list(dict.fromkeys(newest)),
            "kinds": send_pages("send"),
            "curl": curl_of(example()),
            "messaging_path": PATH,
            "app_ids": {str(route.pk): route.app.app_id for route in routes_of(member)},
        }

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Hand the message to the gateway and lead to its journey."""
        assert isinstance(form, SendForm)  # noqa: S101 - form_class
        service = form.cleaned_data["route"].service
        body = json.dumps(form.request(timezone.now())).encode()
        try:
            sent = send_request(service=service, body=body)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            return self.form_invalid(form)
        toast(self.request, _("Message accepted"))
        return redirect("rtm:journey", key=sent.transid)
