"""Push as a medium: ``deliverychannel: push``.

One destination is one message with one outcome, however many devices it reaches; they are
found when it is sent, so that a token which came in the meantime counts.
"""

from typing import TYPE_CHECKING

from imiconnect.rtm.intake import media
from imiconnect.rtm.intake.addresses import Line
from imiconnect.rtm.intake.answers import Refusal, invalid
from imiconnect.rtm.intake.orders import rtm_name
from imiconnect.rtm.intake.pool import Connection
from imiconnect.rtm.lanes import PUSH
from imiconnect.rtm.models import Channel
from imiconnect.rtm.push import companion
from imiconnect.rtm.push.addresses import MAX_TOKEN, PUSH_IDS
from imiconnect.rtm.push.content import normalized
from imiconnect.rtm.push.route import send_by_push
from imiconnect.rtm.routes import ROUTES, after_publishing
from imiconnect.vault import digest

if TYPE_CHECKING:
    from imiconnect.rtm.intake.accept import Accepted

#: An id of a push address, as the platform has given it out, has no more characters.
_UUID_LENGTH = 36


def _address(kind: str, text: str, where: str) -> str:
    """Return an id as it is looked for: a token by its digest, or by the platform's own id."""
    if kind not in PUSH_IDS:
        return rtm_name(kind, text, where)
    if not text or not text.isprintable() or len(text) > MAX_TOKEN:
        raise invalid(f"{where}: it is no push id.")
    return text


async def _fill(connection: Connection, accepted: "dict[int, Accepted]") -> dict[int, Refusal]:
    """Make one line for each destination."""
    for item in accepted.values():
        for target in item.order.destinations:
            named, extra = target.id, None
            if target.kind in PUSH_IDS and not _is_own_id(target.id):
                named, extra = digest(_bare(target.kind, target.id)), {"to": target.id}
            item.lines.append(Line(named, target.kind, extra, target.correlation_id))
    return {}


def _is_own_id(text: str) -> bool:
    return len(text) == _UUID_LENGTH and text.count("-") == 4


def _bare(kind: str, token: str) -> str:
    """Return a token as it was kept; a web subscription is named by its endpoint."""
    return token.lower() if kind == "ios_pushid" and ":" not in token else token


MEDIUM = media.Medium(
    channel=Channel.PUSH.value,
    names=("push",),
    id_types=("userid", "customerid", "deviceid", *PUSH_IDS),
    content=normalized,
    address=_address,
    fill=_fill,
    lane=PUSH,
)


def register() -> None:
    """Accept pushes, send them, and let in-app messages have companions."""
    media.register(MEDIUM)
    ROUTES[MEDIUM.channel] = ("push", send_by_push)
    after_publishing.append(companion.keep)
