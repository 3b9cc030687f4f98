"""What happens to a service, as rules read it; without I/O."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from imiconnect.identity import uuid7


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened.

    ``kind`` is a word of ``vocabulary.Listens`` but ``keyword``. ``address`` is the customer's
    on ``channel``. Whoever tells of the same thing twice gives the same ``id``: a rule acts on
    it once. Without ``service_id`` it belongs to the service that gets what comes in over the
    app or number; a device event to every service that uses the app. ``values`` are plain
    texts and numbers by name (``vocabulary.TOLD``), ``before`` what a device told earlier.
    ``message_id`` is the message that it is, or is about; ``transid`` of one that was sent.
    """

    kind: str
    organization_id: uuid.UUID
    channel: str
    address: str
    app_id: uuid.UUID | None = None
    number_id: uuid.UUID | None = None
    service_id: uuid.UUID | None = None
    message_id: uuid.UUID | None = None
    transid: uuid.UUID | None = None
    thread_id: uuid.UUID | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    at: dt.datetime = field(default_factory=timezone.now)
    id: uuid.UUID = field(default_factory=uuid7)

    def variables(self) -> dict[str, Any]:
        """Return everything that conditions and texts can name."""
        found = {"to": "", **self.values, "from": self.address, "channel": self.channel}
        if self.kind == "message":
            found.setdefault("keyword", keyword_of(str(found.get("text", ""))))
        return found


def keyword_of(text: str) -> str:
    """Return the first word of a message in capitals, as keywords are compared."""
    return text.split(maxsplit=1)[0].upper() if text.strip() else ""
