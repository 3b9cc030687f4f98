"""How twins are served: as views on the web port, or beside it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.apps import is_on
from imiconnect.sandbox.calls import Call, Reply
from imiconnect.sandbox.store import Store
from imiconnect.sandbox.twins import by_slug

SLOW = 3.0
Answer = Callable[[Call], Reply]


def view(slug: str, make: Callable[[Store], Answer]) -> Callable[..., HttpResponse]:
    """Return the view of a twin that is a function; its paths begin below its address."""
    below = f"/sandbox/{slug}"

    @csrf_exempt
    def answer(request: HttpRequest, **_names: str) -> HttpResponse:
        store = Store(slug)
        if store.misbehaves("slow"):
            time.sleep(SLOW)
        call = Call(
            method=request.method or "",
            path=request.path.removeprefix(below),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
            origin=f"{request.scheme}://{request.get_host()}",
        )
        reply = make(store)(call)
        headers = dict(reply.headers)
        kind = headers.pop("content-type", "text/plain")
        return HttpResponse(reply.content, kind, reply.status, headers=headers)

    return answer


@asynccontextmanager
async def beside() -> AsyncIterator[None]:
    """Serve, while the sandbox is on, the twins that have a port of their own."""
    async with AsyncExitStack() as stack:
        for twin in by_slug().values() if is_on() else ():
            if twin.beside:
                await stack.enter_async_context(twin.beside())
        yield
