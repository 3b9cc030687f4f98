"""Indexes for what the log has little of; a message of the RTM channel is in none of them."""

from django.db import migrations

INDEXES = (
    ("message_no_thread", "rtm_message (organization_id, address, id) WHERE thread_id IS NULL"),
    (
        "message_other_channel",
        "rtm_message (organization_id, channel, id) WHERE channel <> 'rt'",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("rtm", "0003_client_refs")]

    operations = [
        migrations.RunSQL(
            [f"CREATE INDEX {name} ON {columns}" for name, columns in INDEXES],
            [f"DROP INDEX {name}" for name, _columns in INDEXES],
        ),
    ]
