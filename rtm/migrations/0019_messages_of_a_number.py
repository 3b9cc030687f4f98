"""An index for what went over a number; messages of other channels are not in it."""

from django.db import migrations

NAME = "message_of_number"
COLUMNS = "rtm_message ((payload ->> 'number'), id) WHERE channel IN ('sms', 'voice')"


class Migration(migrations.Migration):
    dependencies = [("rtm", "0018_unclaimed_texts")]

    operations = [
        migrations.RunSQL([f"CREATE INDEX {NAME} ON {COLUMNS}"], [f"DROP INDEX {NAME}"]),
    ]
