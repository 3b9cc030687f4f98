from typing import Any

from django.db import connection, migrations

from imiconnect.rtm.partitions import partitions_of

_OLD, _NEW = "message_thread", "message_of_user"
_COLUMNS = "(thread_id, address, id) WHERE thread_id IS NOT NULL"
_ATTACHED = """
SELECT 1 FROM pg_inherits i JOIN pg_index x ON x.indexrelid = i.inhrelid
WHERE i.inhparent = %s::regclass AND x.indrelid = %s::regclass
"""


def make(apps: Any, schema_editor: Any) -> None:
    """Make the index of each week beside the writers; one that a crash interrupts goes on."""
    with connection.cursor() as cursor:
        # Weeks that begin from now on have theirs from the table.
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {_NEW} ON ONLY rtm_message {_COLUMNS}")
        for partition in partitions_of("rtm_message"):
            cursor.execute(_ATTACHED, [_NEW, partition])
            if cursor.fetchone():
                continue
            own = f"{partition}_of_user"
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {own}")
            cursor.execute(f"CREATE INDEX CONCURRENTLY {own} ON {partition} {_COLUMNS}")
            cursor.execute(f"ALTER INDEX {_NEW} ATTACH PARTITION {own}")
        cursor.execute(f"DROP INDEX IF EXISTS {_OLD}")


class Migration(migrations.Migration):
    """What a user has of a thread: one of a topic has as many messages as subscribers."""

    atomic = False
    dependencies = [("rtm", "0045_sure_links")]

    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            [
                f"CREATE INDEX {_OLD} ON rtm_message (thread_id, id) WHERE thread_id IS NOT NULL",
                f"DROP INDEX {_NEW}",
            ],
        ),
    ]
