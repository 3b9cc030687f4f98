"""What every change of a service does: hold its row, and tell the gateway afterwards."""

from functools import partial

from django.db import transaction

from imiconnect import locks
from imiconnect.sharing.models import Service
from imiconnect.sharing.ports import answers


def locked(service: Service) -> Service:
    """Return the service, its row locked until the transaction ends; raises ``Gone``."""
    return locks.locked(service)


def tell(service: Service) -> None:
    """Let the gateway hear of a change once it is committed."""
    for changed in answers.changed:
        transaction.on_commit(partial(changed, service), robust=True)
