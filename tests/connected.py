"""What all tests of the gateway's intake share: an event loop, and connections in it."""

import asyncio
import threading
from typing import Any

from imiconnect.rtm.intake.pool import new_pool
from tests.waiting import PATIENCE


class Connected:
    """An event loop in a thread beside the test's, and the intake's connections there.

    All tests share them: a new connection costs more than what most tests ask through it.
    """

    def __init__(self) -> None:
        """Start the loop; a connection is made when one is needed."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._pool: Any = None

    async def open(self, wait: bool = True) -> None:
        """Stand where a pool is opened."""
        if self._pool is None:
            self._pool = new_pool()
            await self._pool.open(wait)

    def connection(self) -> Any:
        """Lend a connection."""
        return self._pool.connection()

    async def close(self) -> None:
        """Stand where a pool is closed; ``end`` does."""

    def end(self) -> None:
        """Close the connections and end the loop."""
        if self._pool is not None:
            asyncio.run_coroutine_threadsafe(self._pool.close(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
