"""RTM as a medium: messages to the devices of an app's users."""

from imiconnect.rtm.intake import addresses, media
from imiconnect.rtm.intake.content import normalized
from imiconnect.rtm.intake.orders import rtm_name
from imiconnect.rtm.models import Channel

REALTIME = media.Medium(
    channel=Channel.RT.value,
    names=("rt", "appmessaging"),
    id_types=("userid", "customerid", "deviceid"),
    content=normalized,
    address=rtm_name,
    fill=addresses.fill,
)


def register() -> None:
    """Accept RTM messages."""
    media.register(REALTIME)
