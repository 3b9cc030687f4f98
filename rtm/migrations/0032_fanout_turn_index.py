from django.db import migrations, models

_INDEX = "fanout_turn"


class Migration(migrations.Migration):
    #: The index is made beside the writers.
    atomic = False
    dependencies = [("rtm", "0031_media_usage")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # One that a crash has left half made is of no use.
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}", migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    f"CREATE INDEX CONCURRENTLY {_INDEX} ON rtm_fanout "
                    "(priority, organization_id, turned_at, id) WHERE finished_at IS NULL",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}",
                ),
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name="fanout",
                    index=models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["priority", "organization", "turned_at", "id"],
                        name=_INDEX,
                    ),
                ),
            ],
        ),
    ]
