"""Advanced settings of an account: the message button and the welcome screen."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.twitter.config import MAX_OPTIONS
from imiconnect.apps.channel_types.twitter.forms import CodeForm, ReplyFormSet, WelcomeForm
from imiconnect.apps.channel_types.twitter.provider import twitter
from imiconnect.apps.channel_types.twitter.type import TYPE
from imiconnect.apps.channel_types.twitter.welcome import save_welcome
from imiconnect.apps.models import App
from imiconnect.apps.views.base import manage_url
from imiconnect.apps.views.connection import AdvancedMixin
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast


class _AccountMixin(AdvancedMixin):
    """A page about an app of this type; 404 for an app of another."""

    def find(self, member: Any) -> App:
        """Return the app, or 404."""
        return super().find_of(member, TYPE.slug)


def button_code(app: App, text: str, size: str) -> str:
    """Return the markup of the message button (facts/twitter.md, section 6)."""
    found, handle = twitter(), app.config.get("handle", "")
    query = {"recipient_id": app.account} | ({"text": text} if text else {})
    url = escape(f"{found.web_url}/messages/compose?{urlencode(query)}")
    return (
        f'<a href="{url}"\n   class="twitter-dm-button" data-screen-name="{escape(handle)}" '
        f'data-size="{size}">Message {escape(handle)}</a>\n'
        f'<script async src="{found.widgets_url}" charset="utf-8"></script>'
    )


class Code(_AccountMixin, FormPage):
    """GET CODE: the message button, to copy."""

    title = _("Message button")
    form_class = CodeForm
    template_name = "apps/channel_types/twitter/code.html"
    submit_label = _("GET CODE")

    def form_valid(self, form: Any) -> HttpResponse:
        """Show the code."""
        code = button_code(self.object, form.cleaned_data["text"], form.cleaned_data["size"])
        return self.render_to_response(self.get_context_data(form=form) | {"code": code})


class Welcome(_AccountMixin, FormPage):
    """Welcome message, attachment and quick replies."""

    title = _("Welcome Screen")
    form_class = WelcomeForm
    template_name = "apps/channel_types/twitter/welcome.html"

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is set."""
        names = ("welcome", "attachment_type", "attachment_url")
        initial = {name: self.object.config.get(name, "") for name in names}
        return initial | {"replies_on": bool(self.object.config.get("quick_replies"))}

    def replies(self) -> Any:
        """Return the formset of the quick replies."""
        if self.request.method == "POST":
            return ReplyFormSet(self.request.POST, prefix="replies")
        return ReplyFormSet(
            initial=self.object.config.get("quick_replies") or [], prefix="replies"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the quick replies."""
        context = super().get_context_data(**kwargs)
        context.setdefault("replies", self.replies())
        return context | {"may_add": context["replies"].total_form_count() < MAX_OPTIONS}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add a row, or save."""
        if request.POST.get("act") != "add":
            return super().post(request, *args, **kwargs)
        data = request.POST.copy()
        total = int(data.get("replies-TOTAL_FORMS") or 0)
        data["replies-TOTAL_FORMS"] = str(min(total + 1, MAX_OPTIONS))
        form = WelcomeForm(initial={name: data.get(name) for name in WelcomeForm.base_fields})
        replies = ReplyFormSet(data, prefix="replies")
        return self.render_to_response(self.get_context_data(form=form, replies=replies))

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the screen, at X and here."""
        replies, values = self.replies(), form.cleaned_data
        if not replies.is_valid():
            return self._refused(form, replies)
        rows = [row for row in (r.cleaned_data for r in replies) if row.get("label")]
        try:
            save_welcome(
                app=self.object,
                welcome=values["welcome"],
                attachment_type=values["attachment_type"],
                attachment_url=values["attachment_url"] if values["attachment_type"] else "",
                quick_replies=rows if values["replies_on"] else [],
            )
        except ValidationError as error:
            for name, messages in getattr(error, "error_dict", {None: error}).items():
                form.add_error(name if name in form.fields else None, messages)
            return self._refused(form, replies)
        toast(self.request, _("The welcome screen is saved."))
        return HttpResponseRedirect(manage_url(self.object))

    def _refused(self, form: Any, replies: Any) -> HttpResponse:
        context = self.get_context_data(form=form, replies=replies)
        return self.render_to_response(context, status=422)
