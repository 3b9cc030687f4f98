"""The declaration of the MOBILE / WEB channel type."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.base import Capability, ChannelType
from imiconnect.apps.channel_types.mobile_web.config import checked_config, systems_of

#: Documented kinds, and two that the gateway knows besides (facts/imiconnect.md, 14).
_RECEIPTS = ("submitted", "delivered", "read", "clicked", "failed", "expired")

_HERE = "imiconnect.apps.channel_types.mobile_web"

TYPE = ChannelType(
    slug="mobile_web",
    name=_("Mobile / Web"),
    menu_label=_("MOBILE / WEB"),
    icon="device-mobile",
    channel="rt",
    capabilities=frozenset(Capability),
    wizard=f"{_HERE}.wizard.MobileWebWizard",
    receipts={"rt": _RECEIPTS, "push": _RECEIPTS},
    checked_config=checked_config,
    systems=systems_of,
    config_labels={"platform": _("Platform"), "systems": _("OS or browser")},
    urls=f"{_HERE}.urls.urlpatterns",
    api_urls=f"{_HERE}.api.urlpatterns",
    check="imiconnect.apps.push.health.check",
    cards=f"{_HERE}.messaging.CARDS",
    manage_context=f"{_HERE}.views.manage_context",
    manage_template="apps/channel_types/mobile_web/manage.html",
    manage_script="imiconnect/push-trial.js",
    done_template="apps/channel_types/mobile_web/done.html",
    credentials_template="apps/channel_types/mobile_web/credentials.html",
    ending_labels={"ios_certificate": _("APNs certificate")},
    order=10,
)
