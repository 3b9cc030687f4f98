"""Trying another policy of retries and expiry on a past day, before it is saved."""

import datetime as dt
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from imiconnect.apps.forms import PolicyForm
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, checked, policy_of
from imiconnect.apps.services import set_policy
from imiconnect.apps.views.base import OwnAppMixin, manage_url
from imiconnect.console import once
from imiconnect.console.forms import PageMixin
from imiconnect.console.toasts import toast
from imiconnect.manage import refuse
from imiconnect.rtm import dry_run

_FIELDS = ("retry_count", "retry_interval_seconds", "expiry_seconds")
_WORDS = {
    "delivered": _("Delivered"), "submitted": _("Submitted, without a receipt"),
    "failed": _("Failed"), "expired": _("Expired"), "unknown": _("Not known from the log"),
}  # fmt: skip


class DryRunForm(PolicyForm):
    """The day, and the part of the policy that the gateway follows when it sends."""

    day = forms.DateField(
        label=_("Day (UTC)"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Whose messages are replayed. Nothing is sent."),
    )
    field_order = ("day", *_FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - {"day", *_FIELDS}:
            del self.fields[name]

    def clean_allowed_origins(self) -> tuple[str, ...]:
        """Ask nothing: the field is not here."""
        return ()


class DryRun(OwnAppMixin, PageMixin, FormView):  # type: ignore[type-arg]  # generic in the stubs only
    """Shows extra sends and outcomes of a changed policy; SAVE takes it over."""

    template_name = "rtm/dry_run.html"
    form_class = DryRunForm
    title = _("Try the policy on a past day")

    def get_initial(self) -> dict[str, Any]:
        """Begin with yesterday and the policy as it is."""
        policy = policy_of(self.object)
        yesterday = timezone.now().date() - dt.timedelta(days=1)
        return {"day": yesterday} | {name: getattr(policy, name) for name in _FIELDS}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the app."""
        return super().get_context_data(
            **kwargs, back_url=manage_url(self.object), back_label=self.object.name
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Replay, or save; saving once, however often the button is pressed."""
        found = self.object
        if "save" not in request.POST:
            return super().post(request, *args, **kwargs)
        return once.guarded(request, lambda: self._saved(found))

    def form_valid(self, form: Any) -> HttpResponse:
        """Show what would have been."""
        policy = self._policy(form)
        if policy is None:
            return self.form_invalid(form)
        found = dry_run.replay(self.object, form.cleaned_data["day"], policy)
        rows = [(_WORDS[name], was, would_be) for name, was, would_be in found.rows]
        context = self.get_context_data(form=form, replay=found, outcomes=rows)
        return self.render_to_response(context)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Answer 422 with everything kept."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _saved(self, app: App) -> HttpResponse:
        form = self.get_form()
        policy = self._policy(form) if form.is_valid() else None
        if policy is None:
            return self.form_invalid(form)
        set_policy(app=app, policy=policy)
        toast(self.request, _("The policy is changed. Connected devices read it now."))
        return HttpResponseRedirect(manage_url(app))

    def _policy(self, form: Any) -> Policy | None:
        values = {name: form.cleaned_data[name] for name in _FIELDS}
        try:
            return checked(msgspec.structs.replace(policy_of(self.object), **values))
        except ValidationError as error:
            refuse(form, error)
            return None
