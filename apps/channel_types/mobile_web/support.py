"""Where web push works: the documented table, brought up to date.

The documentation's table is of 2016 (Windows 7, Fedora 24, iOS 9). What is here follows the
browsers' compatibility data of August 2026 (facts/push.md, section C).
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

#: As of when the table is true.
AS_OF = _("August 2026")
YES, NO = _("Yes"), _("No")
BROWSERS = ("Chrome", "Edge", "Firefox", "Safari")


@dataclass(frozen=True)
class Row:
    """An operating system, and the answer for each of ``BROWSERS``."""

    system: Words
    answers: tuple[Words, Words, Words, Words]


ROWS = (
    Row(_("Windows (10 and later)"), (YES, YES, YES, NO)),
    Row(_("macOS (13 Ventura and later)"), (YES, YES, YES, _("Yes, since 16"))),
    Row(_("Linux"), (YES, YES, YES, NO)),
    Row(_("Android (5 and later)"), (YES, YES, YES, NO)),
    Row(
        _("iOS, iPadOS (16.4 and later)"),
        (
            _("On the Home Screen"),
            _("On the Home Screen"),
            _("On the Home Screen"),
            _("On the Home Screen"),
        ),
    ),
)
NOTES = (
    _("Web push notifications are not supported in private browsing mode."),
    _("Web push notifications are supported only on HTTPS sites; localhost serves for trying."),
    _(
        "On iOS and iPadOS only a web app on the Home Screen gets them, with a manifest whose "
        "display is not browser."
    ),
    _("Firefox and Safari ask only after the visitor has clicked something."),
)
