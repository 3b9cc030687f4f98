"""Send one message of an app from the console."""

from typing import Any

from imiconnect.accounts.access import acting
from imiconnect.rtm.models import Channel, Device
from imiconnect.rtm.send_form import SendForm, example, request_words
from imiconnect.rtm.views.send_page import SendPage
from imiconnect.sharing.models import Service

_SUGGESTED = 20


class SendMessage(SendPage):
    """One message to one user of an app."""

    form_class = SendForm
    template_name = "rtm/send.html"
    route = "send"
    customer = ("user_id", "user")
    template_channels = tuple(
        channel.value for channel in Channel if channel not in (Channel.SMS, Channel.VOICE)
    )

    def example(self) -> dict[str, Any]:
        """Return an in-app message."""
        return example()

    def service_of(self, values: dict[str, Any]) -> Service:
        """Return the service of the route that was chosen."""
        service: Service = values["route"].service
        return service

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add suggestions, and the words of a request by the route that it takes."""
        member = acting(self.request)
        users = Device.objects.visible_to(member).filter(unregistered_at=None)
        newest = users.order_by("-id").values_list("user_id", flat=True)[:_SUGGESTED]
        context = super().get_context_data(**kwargs)
        routes = {
            str(route.pk): request_words(route, self.template)
            for route in context["form"].routes
        }
        return context | {
            "any_sender": bool(routes),
            "recent_users": list(dict.fromkeys(newest)),
            "routes": routes,
        }
