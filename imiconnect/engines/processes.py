"""The platform's own processes, as a table: what ``manage.py up`` runs beside the engines."""

import sys
from dataclasses import replace

from imiconnect import ROOT
from imiconnect.engines.program import Program
from imiconnect.environment import Environment

#: Which worker consumes which queues. Processors claim batches of rows, so one process for
#: what goes out and one for what comes in are enough; a processor stays for a while, so each
#: queue has a thread to itself. Callbacks and providers are other people's servers: their
#: threads wait most of the time.
WORKERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gateway": (("mt", "retry", "fanout", "events"), ("--pool=threads", "--concurrency=6")),
    "receipts": (
        ("dr", "provider", "mo", "expiry", "rules"),
        ("--pool=threads", "--concurrency=6"),
    ),
    "outbound": (
        ("callbacks", "default", "ott", "sms", "voice", "push"),
        ("--pool=threads", "--concurrency=24"),
    ),
}
QUEUES: tuple[str, ...] = tuple(queue for queues, _ in WORKERS.values() for queue in queues)

_TITLES = {
    "web": "the web server",
    "gateway": "the gateway worker",
    "receipts": "the receipt worker",
    "outbound": "the callback worker",
    "beat": "the scheduler",
    "uplink": "the uplink listener",
    "authcallout": "the auth callout",
    "smpp": "the SMPP links",
}
_HAS_SMPP = """select exists (select from numbers_carrieraccount
where is_active and coalesce(nullif(carrier, ''), slug) = 'smpp')"""
#: Processes, each with the question to the database whether it is wanted now.
ON_DEMAND: dict[str, str] = {"smpp": _HAS_SMPP}


def processes(environment: Environment) -> list[Program]:
    """Return the processes in the order of their start.

    The auth callout is there only where the broker asks it; the SMPP links run only while
    an account of theirs is active.
    """
    table = [_python("web", "uvicorn", *_web_arguments(environment))]
    table += [_python(name, *_worker_arguments(name)) for name in WORKERS]
    table.append(_python("beat", "celery", "--app=imiconnect.celery:app", "beat", *_BEAT))
    table.append(_python("uplink", "django", "uplink"))
    if environment.RTM_AUTH_CALLOUT_URL:
        table.append(_python("authcallout", "django", "authcallout"))
    table += [
        replace(_python(name, "django", name), wanted=question)
        for name, question in ON_DEMAND.items()
    ]
    return table


_BEAT = ("--scheduler=imiconnect.engines.scheduler:BeatingScheduler", "--loglevel=INFO")


_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "imiconnect.settings",
    "PYTHONUNBUFFERED": "1",
    # The checks load every page's code; 'make check' and the migrations run them once.
    "CELERY_SKIP_CHECKS": "1",
}


def _python(name: str, module: str, *arguments: str) -> Program:
    return Program(
        name=name,
        title=_TITLES[name],
        command=(sys.executable, "-m", module, *arguments),
        stop_seconds=15,
        environment=_ENVIRONMENT,
        folder=str(ROOT),
    )


def _worker_arguments(name: str) -> tuple[str, ...]:
    queues, pool = WORKERS[name]
    # Mingle and gossip are for clusters that share state between workers; they cost a second.
    quick = ("--without-mingle", "--without-gossip", "--loglevel=INFO")
    where = (f"--queues={','.join(queues)}", f"--hostname={name}@%h")
    return ("celery", "--app=imiconnect.celery:app", "worker", *where, *pool, *quick)


def _web_arguments(environment: Environment) -> tuple[str, ...]:
    forwarded = "--proxy-headers" if environment.TRUSTED_PROXIES else "--no-proxy-headers"
    return (
        "imiconnect.asgi:application",
        f"--host={environment.HOST}",
        f"--port={environment.PORT}",
        "--no-access-log",
        "--no-server-header",
        "--timeout-graceful-shutdown=5",
        "--log-level=warning",
        forwarded,
    )
