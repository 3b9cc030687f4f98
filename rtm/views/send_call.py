"""Make one call from the console."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import acting
from imiconnect.rtm.telecom.call_form import CallForm, callers_of, example
from imiconnect.rtm.views.send_page import SendPage


class SendCall(SendPage):
    """One call to one customer."""

    form_class = CallForm
    template_name = "rtm/send_call.html"
    submit_label = _("Call")
    route = "send-call"
    accepted = _("Call accepted")

    def example(self) -> dict[str, Any]:
        """Return a call that speaks a text."""
        return example()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether there is a number to call from."""
        any_sender = callers_of(acting(self.request)).exists()
        return super().get_context_data(**kwargs) | {"any_sender": any_sender}
