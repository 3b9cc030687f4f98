"""What a device says of a push that it has shown: delivered, read, clicked.

``POST trackDeliveryRequest`` names the message alone. Its id has 74 random bits and travels
encrypted to the device, so knowing it is proof enough for a receipt. The GET that is documented
(facts/imiconnect.md, 18.4) says "delivered"; saying it again changes nothing.
"""

import uuid

from imiconnect.apps.models import App
from imiconnect.rtm.models import Message, Receipt
from imiconnect.rtm.nudge import nudge

DELIVERED = 2
KINDS = {DELIVERED: Receipt.Kind.DELIVERED, 3: Receipt.Kind.READ, 4: Receipt.Kind.CLICKED}


def track(*, app: App, tid: uuid.UUID, status: int) -> bool:
    """Put a receipt in the inbox; tell whether there is such a message of the app."""
    message = Message.objects.filter(pk=tid, app=app).values_list("address", flat=True).first()
    if message is None:
        return False
    Receipt.objects.create(tid=tid, app_id=app.pk, address=message, kind=KINDS[status])
    nudge("dr")
    return True
