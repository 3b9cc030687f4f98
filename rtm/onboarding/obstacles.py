"""What keeps a customer of an app from getting a one-time password, said on the app's page."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.ports import Blocker
from imiconnect.console.words import Words
from imiconnect.numbers.text import folded
from imiconnect.rtm.onboarding.answering import hearers
from imiconnect.sharing.models import NumberAllocation, Service


def obstacle_of(app: App) -> Blocker | None:
    """Return why no password can go out, and where to mend it; None where one can.

    An app without a Sender ID offers no on-boarding, which its settings say themselves.
    """
    settings = registry.get(app.channel_type).onboarding(app.config)
    if settings is None or not settings.sender_id:
        return None
    nobody = _("No service gets the app's incoming messages: nobody is put on board.")
    return _obstacle(app, settings.sender_id, nobody)


def pin_obstacle_of(app: App) -> Blocker | None:
    """Return why no PIN can go out, and where to mend it; None where one can, or need not."""
    policy = policy_of(app)
    if not policy.pin_required:
        return None
    nobody = _("No service gets the app's incoming messages: no PIN goes out.")
    return _obstacle(app, policy.pin_sender_id, nobody)


def _obstacle(app: App, sender_id: str, nobody: Words) -> Blocker | None:
    key = hearers([app.pk]).get(app.pk)
    if key is None:
        return Blocker(nobody, reverse("services:list"))
    wanted = folded(sender_id)
    same = Q(number__folded=wanted) | Q(number__short_code__code=wanted)
    mapped = NumberAllocation.objects.filter(same, service=key, channel="sms")
    if mapped.filter(number__state="active").exists():
        return None
    names = {"sender": sender_id, "service": Service.objects.get(pk=key).name}
    sentence = _("%(sender)s is not mapped to the service %(service)s: nothing goes out.")
    return Blocker(sentence % names, reverse("services:sms", args=[key]))
