"""The declaration of the MOBILE / WEB channel type."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.base import Capability, ChannelType, Prerequisite
from imiconnect.apps.channel_types.mobile_web.config import SYSTEMS, checked_config, systems_of

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
    config_words={
        "systems": {slug: name for known in SYSTEMS.values() for slug, name in known.items()}
    },
    urls=f"{_HERE}.urls.urlpatterns",
    api_urls=f"{_HERE}.api.urlpatterns",
    check="imiconnect.apps.push.health.check",
    cards=f"{_HERE}.cards.CARDS",
    manage_context=f"{_HERE}.views.manage_context",
    manage_template="apps/channel_types/mobile_web/manage.html",
    manage_script="imiconnect/push-trial.js",
    done_template="apps/channel_types/mobile_web/done.html",
    credentials_template="apps/channel_types/mobile_web/credentials.html",
    prerequisites=(
        Prerequisite(
            _(
                "For push on iOS: an Apple Developer account, of it an APNs key (.p8) with its "
                "Key ID and Team ID or a push certificate (.p12), and the app's bundle ID."
            ),
            "https://developer.apple.com/account/resources/authkeys/list",
            _("Make a key at Apple"),
        ),
        Prerequisite(
            _(
                "For push on Android: a Firebase project, and the JSON file of one of its "
                "service accounts."
            ),
            "https://console.firebase.google.com/project/_/settings/serviceaccounts/adminsdk",
            _("Make a service account at Firebase"),
        ),
        Prerequisite(
            _("For web push: a site with HTTPS. Its keys are made here."),
            "https://web.dev/articles/push-notifications-overview",
            _("How browsers get notifications"),
        ),
        Prerequisite(
            _(
                "Only what your platform asks for is needed, and push can be added later: "
                "messages inside of the app go without it."
            )
        ),
        Prerequisite(
            _(
                "The customers' master profiles, where devices may register for known "
                "customers only; an app's configuration says so."
            )
        ),
    ),
    ending_labels={"ios_certificate": _("APNs certificate")},
    order=10,
)
