import django.db.models.deletion
from django.db import migrations, models

# What comes or goes while this runs is counted by the sweeper.
_COUNT = """
INSERT INTO rtm_mediausage (app_id, bytes)
SELECT app_id, sum(size) FROM rtm_mediafile GROUP BY app_id
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("apps", "0006_some_hook_files"),
        ("rtm", "0030_thread_waits_filled"),
    ]

    operations = [
        migrations.CreateModel(
            name="MediaUsage",
            fields=[
                (
                    "app",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="apps.app",
                    ),
                ),
                (
                    "bytes",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="bytes"),
                ),
            ],
            options={
                "verbose_name": "files of an app",
                "verbose_name_plural": "files of apps",
            },
        ),
        migrations.RunSQL(_COUNT, migrations.RunSQL.noop),
    ]
