"""Hints to open pages that messages are new or have changed: one per organization and batch.

A hint may be lost; pages read rows over HTTP. Nothing on the accept path waits for one.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable

from imiconnect.rtm.protocol.states import State

#: More rows than a page shows say only "read again".
_MOST_NAMED = 500


def group_of_messages(organization_id: uuid.UUID) -> str:
    """Return the channel group of an organization's message log."""
    return f"messages-{organization_id.hex}"


def tell(
    *,
    created: Iterable[uuid.UUID] = (),
    changed: Iterable[tuple[uuid.UUID, uuid.UUID, State]] = (),
) -> None:
    """Hint at new and changed messages after their commit; never raises.

    ``created`` names the organization of each new message; ``changed`` has organization,
    message and new state of each that changed.
    """
    from imiconnect.console.live import notify

    new: dict[uuid.UUID, int] = defaultdict(int)
    states: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for organization in created:
        new[organization] += 1
    for organization, message, state in changed:
        states[organization][str(message)] = state.name.lower()
    for organization in new.keys() | states.keys():
        named = states[organization]
        if len(named) > _MOST_NAMED:
            named = dict(list(named.items())[:_MOST_NAMED])
        notify(group_of_messages(organization), new=new[organization], changed=named)
