from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

#: Ids of messages do not compress; the other columns repeat.
_STORAGE = "ALTER TABLE rtm_receiptbatch ALTER COLUMN tids SET STORAGE EXTERNAL"
_KINDS = [(2, "Delivered"), (3, "Read"), (4, "Clicked"), (1, "Failed")]


class Migration(migrations.Migration):
    dependencies = [("rtm", "0041_thread_by_user")]

    operations = [
        migrations.CreateModel(
            name="ReceiptBatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("size", models.SmallIntegerField()),
                ("tids", ArrayField(base_field=models.UUIDField(), size=None)),
                ("app_ids", ArrayField(base_field=models.UUIDField(), size=None)),
                (
                    "addresses",
                    ArrayField(base_field=models.CharField(max_length=128), size=None),
                ),
                (
                    "device_ids",
                    ArrayField(base_field=models.CharField(max_length=128), size=None),
                ),
                (
                    "kinds",
                    ArrayField(base_field=models.SmallIntegerField(choices=_KINDS), size=None),
                ),
            ],
            options={
                "verbose_name": "batch of receipts",
                "verbose_name_plural": "batches of receipts",
            },
        ),
        migrations.RunSQL(_STORAGE, migrations.RunSQL.noop),
    ]
