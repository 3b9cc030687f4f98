"""What the pages that send one message or make one call have in common."""

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast
from imiconnect.console.words import Words
from imiconnect.rtm.models import MessageTemplate
from imiconnect.rtm.send_form import PATH, curl_of
from imiconnect.rtm.services import Refusal, send_request
from imiconnect.rtm.shell import send_pages
from imiconnect.rtm.wordings.forms import choices_for
from imiconnect.rtm.wordings.rendering import names_in
from imiconnect.rtm.wordings.shapes import example_of, notifications_in, text_of
from imiconnect.sharing.models import Service


class SendPage(MemberRequiredMixin, FormPage):
    """One message to one customer, accepted by the code that serves the Messaging API.

    A subclass has a form whose ``request(now)`` is the body of the equivalent REST request,
    and says below what is its own.
    """

    act = Act.SEND_MESSAGES
    section = "messages"
    title = _("Send a message")
    submit_label = _("Send")
    back_url = reverse_lazy("rtm:messages")
    back_label = _("Messages")
    #: The name of its address, by which the other channels are offered beside it.
    route: ClassVar[str]
    #: The field that another page may fill in, and the parameter by which it does.
    customer: ClassVar[tuple[str, str]] = ("to", "to")
    accepted: Words = _("Message accepted")
    #: The channels whose templates the page sends.
    template_channels: ClassVar[tuple[str, ...]] = ()

    def example(self) -> dict[str, Any]:
        """Return a request to show before anything is typed."""
        raise NotImplementedError

    def service_of(self, values: dict[str, Any]) -> Service:
        """Return the service that sends, from the cleaned values."""
        service: Service = values["sender"].service
        return service

    @cached_property
    def template(self) -> MessageTemplate | None:
        """The template in the address, whose parameters are asked for; 404 for another's."""
        asked = self.request.GET.get("template", "")
        if not asked or not self.template_channels:
            return None
        rows = MessageTemplate.objects.visible_to(acting(self.request))
        rows = rows.filter(channel__in=self.template_channels).select_related("service")
        try:
            found: MessageTemplate | None = rows.filter(pk=asked).first()
        except ValidationError:
            found = None
        if found is None:
            raise Http404
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the person who sends, and the template."""
        more: dict[str, Any] = {"member": acting(self.request)}
        if self.template_channels:
            more["template"] = self.template
        return super().get_form_kwargs() | more

    def get_initial(self) -> dict[str, Any]:
        """Take the customer that another page has put into the address."""
        field, parameter = self.customer
        return {field: self.request.GET.get(parameter, "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the other channels, and the request that the form stands for."""
        channels = list(self.template_channels)
        chosen = self.template
        return super().get_context_data(**kwargs) | {
            "templates": choices_for(acting(self.request), channels) if channels else [],
            "template": chosen,
            "template_text": text_of(chosen.channel, chosen.content) if chosen else "",
            "notifications": notifications_in(chosen.channel, chosen.content) if chosen else [],
            "plain_url": self.request.path,
            "kinds": send_pages(self.route),
            "curl": curl_of(self._example()),
            "messaging_path": PATH,
        }

    def _example(self) -> dict[str, Any]:
        if self.template is None:
            return self.example()
        names = names_in(self.template.content)
        return example_of(self.template, {name: name for name in names})

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Hand the message to the gateway and lead to its journey."""
        body = json.dumps(form.request(timezone.now())).encode()  # type: ignore[attr-defined]  # see above
        try:
            sent = send_request(service=self.service_of(form.cleaned_data), body=body)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            return self.form_invalid(form)
        toast(self.request, self.accepted)
        return redirect("rtm:journey", key=sent.transid)
