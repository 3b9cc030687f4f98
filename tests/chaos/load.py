"""Orders over REST at a steady rate, each repeated under its key until it is accepted.

Started as ``python tests/run.py chaos.load`` with ``url``, ``key``, ``bodies`` (one order each;
``<<SENT>>`` becomes the monotonic clock in nanoseconds at which it was due), ``names`` (the
idempotency keys), ``per_second``, ``patience`` and ``ca`` (the authority of the server's
certificate, or null) as JSON on standard input. Prints how many orders were accepted, which
never were, and how many tries that took.
"""

import asyncio
import json
import ssl
import sys
import time
from typing import Any

import httpx

_PAUSE_SECONDS, _LONGEST_SECONDS = 0.2, 2.0
_CONNECTIONS = 64


class Load:
    """The orders and what came of them."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Take the job."""
        self.spec = spec
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self.tries = 0

    async def run(self) -> dict[str, Any]:
        """Send everything; each order is due at a fixed time, whatever the answers do."""
        limits = httpx.Limits(
            max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS
        )
        headers = {"key": self.spec["key"], "Content-Type": "application/json"}
        trust = ssl.create_default_context(cafile=self.spec["ca"])
        async with httpx.AsyncClient(
            limits=limits, headers=headers, timeout=10, verify=trust
        ) as web:
            began = time.monotonic()
            tasks = []
            for number, (name, body) in enumerate(
                zip(self.spec["names"], self.spec["bodies"], strict=True)
            ):
                due = began + number / self.spec["per_second"]
                await asyncio.sleep(max(0, due - time.monotonic()))
                sent = body.replace("<<SENT>>", f"{int(due * 1e9):019d}")
                tasks.append(asyncio.create_task(self._order(web, name, sent)))
            await asyncio.gather(*tasks)
        return {
            "accepted": self.accepted,
            "refused": self.refused,
            "tries": self.tries,
        }

    async def _order(self, web: httpx.AsyncClient, name: str, body: str) -> None:
        """Say an order until it is accepted; the same key and body are one order."""
        deadline = time.monotonic() + self.spec["patience"]
        pause = _PAUSE_SECONDS
        while time.monotonic() < deadline:
            self.tries += 1
            try:
                answer = await web.post(
                    self.spec["url"], content=body, headers={"Idempotency-Key": name}
                )
            except httpx.TransportError:
                pass
            else:
                if answer.is_success:
                    self.accepted.append(name)
                    return
                if answer.status_code < 500 and answer.status_code != 429:
                    self.refused.append(f"{name}: {answer.status_code} {answer.text}")
                    return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_SECONDS)
        self.refused.append(f"{name}: no answer")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(Load(json.loads(sys.stdin.read())).run())) + "\n")
