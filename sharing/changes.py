"""What every change of a service that messages depend on does afterwards."""

from functools import partial

from django.db import transaction

from imiconnect.sharing.models import Service
from imiconnect.sharing.ports import answers


def tell(service: Service) -> None:
    """Let the gateway hear of a change once it is committed."""
    for changed in answers.changed:
        transaction.on_commit(partial(changed, service), robust=True)
