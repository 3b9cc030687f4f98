"""What can come of a call to a provider: the named ways to fail, for every channel.

A handler names what happened and decides nothing: whether the gateway tries again, which
documented code the receipt has, whether the app itself needs a person, and what people read
follow from the name (codes: facts/imiconnect.md, section 14).
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words


@dataclass(frozen=True)
class Outcome:
    """A way to fail. ``breaks_app``: no message can go until a person changes something."""

    name: str
    code: int
    words: Words
    retryable: bool = False
    breaks_app: bool = False


UNREACHABLE = Outcome(
    "unreachable", 7202, _("The provider could not be reached."), retryable=True
)
THROTTLED = Outcome(
    "throttled", 7202, _("The provider asks to send more slowly."), retryable=True
)
PROVIDER_FAILED = Outcome(
    "provider_failed", 7201, _("The provider had a fault of its own."), retryable=True
)
UNREADABLE = Outcome(
    "unreadable", 7201, _("The provider's answer could not be read."), retryable=True
)
CREDENTIALS = Outcome(
    "credentials",
    7202,
    _("The provider does not accept the credentials any more. Reconnect the app."),
    breaks_app=True,
)
PERMISSION = Outcome(
    "permission",
    7202,
    _("The provider has withdrawn a permission that the app needs. Reconnect the app."),
    breaks_app=True,
)
BLOCKED = Outcome(
    "blocked",
    7201,
    _("The provider has blocked the account. Its own pages say why."),
    breaks_app=True,
)
WINDOW_CLOSED = Outcome(
    "window_closed",
    7201,
    _("The time in which the customer may be answered is over; the customer writes first."),
)
UNKNOWN_RECIPIENT = Outcome(
    "unknown_recipient", 7203, _("The provider does not know this customer.")
)
UNAVAILABLE = Outcome(
    "unavailable", 7207, _("The customer cannot be reached on this channel now.")
)
CONTENT = Outcome("content", 7004, _("The provider does not take this content."))
FILE_AWAY = Outcome(
    "file_away", 7202, _("The file of the message could not be fetched."), retryable=True
)

OUTCOMES: tuple[Outcome, ...] = (
    UNREACHABLE,
    THROTTLED,
    PROVIDER_FAILED,
    UNREADABLE,
    CREDENTIALS,
    PERMISSION,
    BLOCKED,
    WINDOW_CLOSED,
    UNKNOWN_RECIPIENT,
    UNAVAILABLE,
    CONTENT,
    FILE_AWAY,
)


class ChannelError(Exception):
    """A call to a provider came to a named end.

    ``detail`` is what the provider said, without secrets; ``after`` is when it may be tried
    again, in seconds, where the provider says so; ``forget`` that the address is no longer
    one (a push token that was given up), so that the platform drops it.
    """

    def __init__(
        self,
        outcome: Outcome,
        detail: str = "",
        *,
        after: float | None = None,
        forget: bool = False,
    ) -> None:
        """Keep what happened."""
        super().__init__(f"{outcome.name}: {detail}" if detail else outcome.name)
        self.outcome, self.detail = outcome, detail
        self.after, self.forget = after, forget
