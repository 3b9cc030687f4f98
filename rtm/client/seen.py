"""Duplicate suppression: a message may come again from the broker, from the gateway's retry
and from what was pending; the app sees it once.
"""

from imiconnect.rtm.client.messages import MESSAGE
from imiconnect.rtm.client.storage import Store

#: How many messages a device remembers.
REMEMBERED = 500


class Seen:
    """The last messages of a device, kept in its store."""

    def __init__(self, store: Store, device_id: str) -> None:
        """Remember what was seen before."""
        self._store, self._name = store, f"seen.{device_id}"
        self._keys: dict[str, None] = dict.fromkeys(store.read(self._name, []))

    def add(self, *, tid: str, kind: str = MESSAGE, device_id: str = "") -> bool:
        """Remember a message; tell whether it is new.

        A message may come to all devices of its user, and again to this one by its name;
        events of several devices tell of one message.
        """
        key = f"{kind}|{'' if kind == MESSAGE else device_id}|{tid}"
        if key in self._keys:
            return False
        self._keys[key] = None
        while len(self._keys) > REMEMBERED:
            del self._keys[next(iter(self._keys))]
        self._store.write(self._name, list(self._keys))
        return True

    def clear(self) -> None:
        """Forget everything, as after ``unregister``."""
        self._keys.clear()
        self._store.remove(self._name)
