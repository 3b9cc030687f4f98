"""What is pasted into a customer's pages: Messenger's web plugins (facts/facebook.md, 7)."""

import html
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.facebook.provider import facebook

SEND, MESSAGE_US, CHECKBOX = "send", "message_us", "checkbox"
PLUGINS = [
    (SEND, _("Send to Messenger")),
    (MESSAGE_US, _("Message Us")),
    (CHECKBOX, _("Checkbox")),
]
COLORS = [("blue", _("Blue")), ("white", _("White"))]
SIZES = [("standard", _("Standard")), ("large", _("Large")), ("xlarge", _("Extra large"))]
_CLASSES = {
    SEND: "fb-send-to-messenger",
    MESSAGE_US: "fb-messengermessageus",
    CHECKBOX: "fb-messenger-checkbox",
}


@dataclass(frozen=True)
class Look:
    """A plugin as it was chosen."""

    plugin: str
    color: str
    size: str
    site: str
    ref: str


def snippet(page_id: str, look: Look) -> str:
    """Return the lines to paste: Meta's SDK, and the plugin."""
    found = facebook()
    lines = [
        "<script>",
        "  window.fbAsyncInit = function () {",
        f'    FB.init({{appId: "{found.app_id}", xfbml: true, version: "{found.version}"}});',
        "  };",
        "</script>",
        f'<script async defer src="{found.sdk_url}/en_US/sdk.js"></script>',
        _plugin(page_id, found.app_id, look),
    ]
    if look.plugin == CHECKBOX:
        lines += _confirmation(page_id, found.app_id, look.ref)
    return "\n".join(lines)


def _plugin(page_id: str, app_id: str, look: Look) -> str:
    ref = html.escape(look.ref)
    values = {"class": _CLASSES[look.plugin], "messenger_app_id": app_id, "page_id": page_id}
    if look.plugin == CHECKBOX:
        values |= {
            "origin": html.escape(look.site),
            "user_ref": "UNIQUE-FOR-EACH-VIEW",
            "allow_login": "true",
        }
    else:
        values |= {"data-ref" if look.plugin == SEND else "ref": ref, "color": look.color}
    values["size"] = look.size
    attributes = " ".join(f'{name}="{value}"' for name, value in values.items())
    return f"<div {attributes}></div>"


def _confirmation(page_id: str, app_id: str, ref: str) -> list[str]:
    """Return what a form calls when it is sent: without it the checkbox means nothing."""
    return [
        "<script>",
        "  // Call this when your form is sent; userRef is the user_ref of this view.",
        "  function confirmMessenger(userRef) {",
        '    FB.AppEvents.logEvent("MessengerCheckboxUserConfirmation", null, {',
        f'      app_id: "{app_id}", page_id: "{page_id}", ref: "{ref}", user_ref: userRef',
        "    });",
        "  }",
        "</script>",
    ]


def link(page_id: str, ref: str = "") -> str:
    """Return the m.me link of a page."""
    return f"{facebook().link_url}/{page_id}{f'?ref={ref}' if ref else ''}"
