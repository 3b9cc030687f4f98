"""Plugging the channels of providers into the gateway; once, in ``ready``."""

from django.conf import settings

from imiconnect.apps import ports
from imiconnect.apps.models import App
from imiconnect.rtm.media.addresses import address as address_of_file
from imiconnect.rtm.media.services import store
from imiconnect.rtm.ott import intake, sending, taking


def register() -> None:
    """Register media and routes, and take what providers tell."""
    intake.register()
    sending.register()
    ports.answers.take_events.append(taking.take)
    ports.answers.keep_file = keep_file


def keep_file(app: App, address: str, data: bytes, kind: str) -> str:
    """Keep a file of a customer and return its address; raises ``ValueError`` for no file.

    An address that somebody reads later than in a day is made anew from it, as for devices.
    """
    row = store(app=app, user_id=address, data=data, content_type=kind, preview=False)
    return f"{settings.PUBLIC_URL}{address_of_file(app.app_id, row.pk)}"
