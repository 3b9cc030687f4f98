from django.db import migrations, models

_OLD, _NEW = "thread_of_user", "thread_by_user"


class Migration(migrations.Migration):
    """An index that a message to a thread does not change, and room for that change."""

    #: The index is made beside the writers.
    atomic = False
    dependencies = [("rtm", "0040_message_batches")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # One that a crash has left half made is of no use.
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_NEW}", migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    f"CREATE INDEX CONCURRENTLY {_NEW} ON rtm_thread (app_id, user_id)",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_NEW}",
                ),
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_OLD}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_OLD} ON rtm_thread "
                    "(app_id, user_id, updated_at DESC)",
                ),
                migrations.RunSQL(
                    "ALTER TABLE rtm_thread SET (fillfactor = 70)",
                    "ALTER TABLE rtm_thread RESET (fillfactor)",
                ),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="thread", name=_OLD),
                migrations.AddIndex(
                    model_name="thread",
                    index=models.Index(fields=["app", "user_id"], name=_NEW),
                ),
            ],
        ),
    ]
