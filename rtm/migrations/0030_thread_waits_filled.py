"""Who waits for an agent: filled in batches, while messages come in and agents answer."""

from typing import Any

from django.db import migrations, models

#: Conversations in one transaction: each looks up a handful of its messages by an index.
BATCH = 1000
_INDEX = "thread_waits"

# The next conversations by their ids, whoever is in them.
_NEXT = """
SELECT array_agg(n.id), (array_agg(n.id ORDER BY n.id DESC))[1]
FROM (SELECT id FROM rtm_thread WHERE id > %s ORDER BY id LIMIT %s) n
"""
# What a customer has said since the last message to them; where the last word is not theirs
# it may be a service's, so that they wait since their own last one.
_WAITING = """
UPDATE rtm_thread t SET waits_since = w.at
FROM (SELECT x.id, coalesce(
    (SELECT m.created_at FROM rtm_message m WHERE m.thread_id = x.id AND m.direction = 1
      AND m.id > coalesce(
        (SELECT o.id FROM rtm_message o WHERE o.thread_id = x.id AND o.direction = 0
          ORDER BY o.id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000')
      ORDER BY m.id LIMIT 1),
    (SELECT m.created_at FROM rtm_message m WHERE m.thread_id = x.id AND m.direction = 1
      ORDER BY m.id DESC LIMIT 1)) AS at
  FROM rtm_thread x
  WHERE x.id = ANY(%s) AND x.user_id <> '' AND x.type = 'Conversation'
    AND x.status = 'Active') w
WHERE t.id = w.id AND w.at IS NOT NULL AND t.waits_since IS NULL
"""
_MADE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"


def fill(apps: Any, schema_editor: Any) -> None:
    """Fill batch by batch, each committed; again from the start after a crash.

    A database that has the index was filled by an earlier form of this migration: since then
    agents have answered, and nobody is to wait anew.
    """
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(_MADE, [_INDEX])
        made = cursor.fetchone()
        if made and made[0]:
            return
        last = "00000000-0000-0000-0000-000000000000"
        while last:
            cursor.execute(_NEXT, [last, BATCH])
            keys, last = cursor.fetchone()
            if keys:
                cursor.execute(_WAITING, [keys])


class Migration(migrations.Migration):
    #: Each statement is a transaction of its own, and the index is made beside the writers.
    atomic = False
    dependencies = [("rtm", "0029_watermarks")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            # One that a crash has left half made is of no use.
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}", migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    f"CREATE INDEX CONCURRENTLY {_INDEX} ON rtm_thread (app_id, waits_since) "
                    "WHERE status = 'Active' AND waits_since IS NOT NULL",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}",
                ),
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name="thread",
                    index=models.Index(
                        condition=models.Q(
                            ("status", "Active"), ("waits_since__isnull", False)
                        ),
                        fields=["app", "waits_since"],
                        name=_INDEX,
                    ),
                ),
            ],
        ),
    ]
