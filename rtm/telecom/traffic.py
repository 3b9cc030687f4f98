"""What went over a number in the last 30 days."""

import datetime as dt

from django.utils import timezone

from imiconnect.identity import first_uuid7_at
from imiconnect.numbers.models import Number
from imiconnect.numbers.ports import Traffic
from imiconnect.rtm.sql import cursor

MONTH = dt.timedelta(days=30)
# The conditions are those of the index message_of_number.
COUNT = """
SELECT count(*) FILTER (WHERE channel = 'sms' AND direction = 0),
  count(*) FILTER (WHERE channel = 'sms' AND direction <> 0),
  count(*) FILTER (WHERE channel = 'voice')
FROM rtm_message
WHERE channel IN ('sms', 'voice') AND payload ->> 'number' = %b AND id >= %b
"""


def traffic_of(number: Number) -> Traffic:
    """Return how many messages and calls the number had, each of them counted."""
    since = first_uuid7_at(timezone.now() - MONTH)
    with cursor() as own:
        own.execute(COUNT, [str(number.pk), since])
        sent, received, calls = own.fetchone() or (0, 0, 0)
    return Traffic(sent, received, calls)
