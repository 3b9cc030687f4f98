import django.contrib.postgres.fields
from django.db import migrations, models

#: Ids do not compress. Half of a page is for the claims of its batches.
_STORAGE = """
ALTER TABLE rtm_messagebatch ALTER COLUMN messages SET STORAGE EXTERNAL;
ALTER TABLE rtm_messagebatch SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    dependencies = [("rtm", "0039_message_templates")]

    operations = [
        migrations.CreateModel(
            name="MessageBatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("priority", models.SmallIntegerField()),
                ("due_at", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(null=True)),
                ("size", models.SmallIntegerField()),
                (
                    "messages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
            ],
            options={
                "verbose_name": "batch of messages",
                "verbose_name_plural": "batches of messages",
                "indexes": [
                    models.Index(fields=["-priority", "due_at"], name="message_batch_due")
                ],
            },
        ),
        migrations.RunSQL(_STORAGE, migrations.RunSQL.noop),
    ]
