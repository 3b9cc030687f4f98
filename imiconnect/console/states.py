"""The words for the state of a thing, each with its icon and colour."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words


@dataclass(frozen=True)
class State:
    """How a state is shown; ``tone`` is a class of the badge, never the only sign."""

    label: Words
    tone: str
    icon: str


STATES: dict[str, State] = {
    "queued": State(_("Queued"), "grey", "clock"),
    "draft": State(_("Draft"), "grey", "pencil"),
    "released": State(_("Released"), "grey", "circle-minus"),
    "withdrawn": State(_("Withdrawn"), "grey", "circle-minus"),
    "dropped": State(_("Not needed"), "grey", "circle-minus"),
    "off": State(_("Off"), "grey", "circle-minus"),
    "ended": State(_("Ended"), "grey", "circle-minus"),
    "offline": State(_("Offline"), "grey", "circle-minus"),
    "unchecked": State(_("Not checked yet"), "grey", "clock"),
    "pending": State(_("Pending"), "blue", "hourglass"),
    "verifying": State(_("Verifying"), "blue", "hourglass"),
    "submitted": State(_("Submitted"), "blue", "send"),
    "retrying": State(_("Retrying"), "blue", "refresh"),
    "invited": State(_("Invited"), "blue", "mail"),
    "active": State(_("Active"), "green", "circle-check"),
    "live": State(_("Live"), "green", "broadcast"),
    "delivered": State(_("Delivered"), "green", "check"),
    "healthy": State(_("Healthy"), "green", "heartbeat"),
    "online": State(_("Online"), "green", "circle-check"),
    "received": State(_("Received"), "green", "arrow-down-left"),
    "read": State(_("Read"), "teal", "checks"),
    "clicked": State(_("Clicked"), "teal", "pointer"),
    "releasing": State(_("Releasing"), "orange", "clock"),
    "expiring": State(_("Expiring"), "orange", "clock"),
    "expired": State(_("Expired"), "orange", "clock-x"),
    "suspended": State(_("Suspended"), "orange", "player-pause"),
    "paused": State(_("Paused"), "orange", "player-pause"),
    "skipped": State(_("Skipped"), "grey", "circle-minus"),
    "done": State(_("Done"), "green", "check"),
    "degraded": State(_("Degraded"), "orange", "alert-triangle"),
    "rejected": State(_("Rejected"), "red", "ban"),
    "failed": State(_("Failed"), "red", "circle-x"),
    "broken": State(_("Broken"), "red", "alert-triangle"),
}


def register_state(slug: str, state: State) -> None:
    """Add a word to the vocabulary; the same slug again replaces it."""
    STATES[slug] = state


def state_of(slug: object) -> State:
    """Return how a state is shown; an unknown one is its own word in grey."""
    word = str(getattr(slug, "value", slug))
    return STATES.get(word.lower()) or State(
        word.replace("_", " ").capitalize(), "grey", "circle"
    )
