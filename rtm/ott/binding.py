"""Plugging the channels of providers into the gateway; once, in ``ready``."""

from imiconnect.apps import ports
from imiconnect.rtm.ott import intake, sending, taking


def register() -> None:
    """Register media and routes, and take what providers tell."""
    intake.register()
    sending.register()
    ports.answers.take_events.append(taking.take)
