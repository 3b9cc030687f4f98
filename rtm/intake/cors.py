"""Opening answers of device routes to pages of the sites that an app allows."""

import time
from dataclasses import replace
from typing import Any

import msgspec
from psycopg import Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from imiconnect.apps.policy import Policy
from imiconnect.rtm.intake.http import Answer, Request
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.protocol.cors import answer_headers, is_own, preflight_headers

#: A changed list of origins counts after this many seconds.
_KEEP_SECONDS = 2.0
_KEEP_MOST = 10_000


class Origins:
    """The policies of apps, kept for a moment: each request of a browser asks for one."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        """Ask through ``pool``."""
        self._pool = pool
        self._kept: dict[str, tuple[float, Policy | None]] = {}

    async def opened(self, answer: Answer, request: Request) -> Answer:
        """Return the answer with the headers that let the page read it, if it may."""
        origin = request.header(b"origin")
        if not origin:
            return answer
        app_id = request.path.split("/")[4]
        allowed = is_own(origin, request.header(b"host"))
        if not allowed:
            policy = await self._policy(app_id)
            allowed = policy is not None and policy.allows_origin(origin)
        is_preflight = request.method == "OPTIONS"
        headers = (preflight_headers if is_preflight else answer_headers)(
            origin, allowed=allowed
        )
        added = tuple((n.lower().encode(), v.encode("latin-1")) for n, v in headers.items())
        return replace(answer, headers=answer.headers + added)

    async def _policy(self, app_id: str) -> Policy | None:
        kept = self._kept.get(app_id)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        policy = await self._read(app_id)
        if len(self._kept) > _KEEP_MOST:
            self._kept.clear()
        self._kept[app_id] = (time.monotonic() + _KEEP_SECONDS, policy)
        return policy

    async def _read(self, app_id: str) -> Policy | None:
        statement = "SELECT policy FROM apps_app WHERE app_id = %b"
        try:
            async with self._pool.connection() as connection:
                rows: list[Any] = await query(connection, statement, [app_id])
        except (Error, PoolTimeout):
            return None
        return msgspec.convert(rows[0][0], Policy, strict=False) if rows else None
