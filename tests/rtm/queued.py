"""A row of every queue of the gateway, for the pages that show them all."""

from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm import models


def put_in_queues(app: App, message: models.Message) -> None:
    """Let a message wait for everything that one can wait for."""
    now = timezone.now()
    models.MessageBatch.objects.create(priority=2, due_at=now, size=1, messages=[message.pk])
    models.OwedMessage.objects.create(message_id=message.pk, device_id=uuid7(), expires_at=now)
    models.Wake.objects.create(app_id=app.pk, address="u", due_at=now)
    models.Inbound.objects.create(app_id=app.pk, address="u", body={})
    models.Receipt.objects.create(tid=message.pk, app_id=app.pk, address="u", kind=2)
    models.ReceiptBatch.objects.create(
        received_at=now,
        size=1,
        tids=[message.pk],
        app_ids=[app.pk],
        addresses=["u"],
        device_ids=["d"],
        kinds=[2],
    )
