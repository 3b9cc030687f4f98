"""RTM as a medium: messages to the devices of an app's users."""

from imiconnect.rtm.intake import addresses, media, spreads
from imiconnect.rtm.intake.content import normalized
from imiconnect.rtm.intake.orders import rtm_name
from imiconnect.rtm.models import Channel


def _address(kind: str, name: str, where: str) -> str:
    check = spreads.checked if kind in spreads.KINDS else rtm_name
    return check(kind, name, where)


REALTIME = media.Medium(
    channel=Channel.RT.value,
    names=("rt", "appmessaging"),
    id_types=("userid", "customerid", "deviceid", *spreads.KINDS),
    content=normalized,
    address=_address,
    fill=addresses.fill,
    needs_inbox=True,
)


def register() -> None:
    """Accept RTM messages."""
    media.register(REALTIME)
