"""The Celery application: its tasks are nudges, the rows they work on are in PostgreSQL."""

import ctypes
import os
import signal
import sys
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imiconnect.settings")

app = Celery("imiconnect")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_PR_SET_PDEATHSIG = 1


@signals.worker_process_init.connect
def _end_with_the_worker(**_: Any) -> None:
    """Let a pool process die with its worker, so that a killed worker leaves no orphan."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@signals.worker_ready.connect
def _settle(**_: Any) -> None:
    """Let the collector leave what the start has loaded."""
    from imiconnect.engines.memory import settle

    settle()


@signals.setup_logging.connect
def _keep_django_logging(**_: Any) -> None:
    """Celery would replace the log settings; Django's stay."""


@signals.heartbeat_sent.connect
def _beat_for_the_queues(sender: Any, **_: Any) -> None:
    """Tell the readiness page which queues have a worker; sent every two seconds."""
    from imiconnect.engines.heartbeat import beat

    consumed = sender.eventer.app.amqp.queues.consume_from
    for name in consumed:
        beat(f"queue:{name}")


@signals.task_postrun.connect
def _note_activity(task: Any, **_: Any) -> None:
    """Note when the queue last finished a task."""
    from imiconnect.engines.heartbeat import active

    delivery = task.request.delivery_info or {}
    active(f"queue:{delivery.get('routing_key') or 'default'}")
