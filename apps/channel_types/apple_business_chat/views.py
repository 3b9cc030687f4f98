"""Where Apple leads a business that chooses this platform, and where it delivers messages."""

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.apps import hooks
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.apple_business_chat.config import business_of
from imiconnect.apps.channel_types.apple_business_chat.forms import LinkForm
from imiconnect.apps.channel_types.apple_business_chat.inbound import message_in
from imiconnect.apps.channel_types.apple_business_chat.linking import (
    NO_ACCESS,
    found_business,
    link_business,
)
from imiconnect.apps.channel_types.apple_business_chat.provider import SLUG, is_configured
from imiconnect.apps.models import App
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.apps.views.base import manage_url
from imiconnect.apps.views.hooks import Hook, call_of
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast

log = logging.getLogger(__name__)

#: What Apple's landing call may name; an account for tests has the id alone.
_IDS = ("id", "businessId")
_KNOWN = {*_IDS, "name", "logo"}


class Landing(MemberRequiredMixin, FormPage):
    """Apple sends the owner of a business here; who is signed in confirms the link."""

    act = Act.MANAGE_APPS
    section = "apps"
    title = _("Link your business account")
    template_name = "apps/channel_types/apple_business_chat/landing.html"
    form_class = LinkForm
    submit_label = _("LINK")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the business, or why it cannot be linked; one that is linked is shown."""
        if unknown := sorted(set(request.GET) - _KNOWN):
            log.info("Apple's landing call names besides: %s", ", ".join(unknown)[:300])
        if not is_configured():
            return self._refused([str(NO_ACCESS)])
        try:
            _business, own = found_business(acting(request), self._business())
        except ValidationError as error:
            return self._refused(error.messages)
        return self._linked(own) if own else super().get(request, *args, **kwargs)

    def _business(self) -> str:
        query = self.request.GET
        return next((query[name] for name in _IDS if query.get(name)), "")

    def get_initial(self) -> dict[str, Any]:
        """Begin with what Apple has named."""
        query, business = self.request.GET, self._business()
        brand = " ".join(query.get("name", "").split())
        return {
            "business_id": business,
            "brand": brand,
            "logo": query.get("logo", ""),
            "name": (brand or f"{_('Apple Business Chat')} {business[-6:]}")[:NAME_LENGTH],
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the business and where it will belong."""
        context = super().get_context_data(**kwargs)
        form = context["form"]
        return context | {
            "business_id": form["business_id"].value(),
            "brand": form["brand"].value(),
            "level": acting(self.request).level,
            "cancel_url": reverse("apps:list"),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        """Link it."""
        try:
            app = link_business(member=acting(self.request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.form_invalid(form)
        return self._linked(app)

    def _linked(self, app: App) -> HttpResponse:
        words = _("The business account is linked. Allocate the app to a service to use it.")
        toast(self.request, words)
        return HttpResponseRedirect(manage_url(app))

    def _refused(self, problems: list[str]) -> HttpResponse:
        context = {
            "section": "apps",
            "title": _("The business account cannot be linked"),
            "problems": problems,
            "back_url": reverse("apps:prerequisites", args=[SLUG]),
        }
        return render(self.request, "apps/login_failed.html", context, status=422)


class Message(Hook):
    """``POST …/message`` with the answers that Apple documents: 200, 400, 401, 403, 404."""

    http_method_names = ["post"]

    def _answer(
        self, request: HttpRequest, channel: str, app_id: str, body: bytes
    ) -> HttpResponse:
        call = call_of(request, body)
        if not call.headers.get("authorization"):
            return HttpResponse(status=401)
        handler = registry.handler(SLUG)
        if handler is None or not handler.verify(None, call):
            return HttpResponse(status=403)
        try:
            business = business_of(message_in(body)["destinationId"])
        except ValueError:
            return HttpResponse(status=400)
        if not App.objects.filter(channel_type=SLUG, account=business).exists():
            return HttpResponse(status=404)
        return HttpResponse(status=hooks.receive(SLUG, "", call).status)
