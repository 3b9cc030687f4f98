"""The double's own port: HTTP/2 over TLS, served by the web server's process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from django.conf import settings
from django.db import connections

from imiconnect.sandbox.apns import authority
from imiconnect.sandbox.apns.service import Apns
from imiconnect.sandbox.calls import Call, Reply
from imiconnect.sandbox.http2 import Http2
from imiconnect.sandbox.store import Store

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
SLOW = 3.0


def _answer(call: Call) -> tuple[Reply, bool]:
    """Answer in a thread; also tell whether the double is told to be slow."""
    memory = Store("apns")
    try:
        return Apns(memory).answer(call), memory.misbehaves("slow")
    finally:
        connections.close_all()


@asynccontextmanager
async def serving() -> AsyncIterator[None]:
    """Serve the gateway at ``SANDBOX_APNS_PORT`` of this machine; without one, not at all."""
    if not settings.SANDBOX_APNS_PORT:
        yield
        return
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2, thread_name_prefix="apns") as threads:

        async def answer(call: Call) -> Reply:
            reply, is_slow = await loop.run_in_executor(threads, _answer, call)
            if is_slow:
                await asyncio.sleep(SLOW)
            return reply

        context = await asyncio.to_thread(authority.tls)
        server = await loop.create_server(
            lambda: Http2(answer), HOST, settings.SANDBOX_APNS_PORT, ssl=context
        )
        try:
            yield
        finally:
            server.close()
