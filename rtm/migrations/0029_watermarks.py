import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0028_thread_waits_since")]

    operations = [
        migrations.CreateModel(
            name="Watermark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("app_id", models.UUIDField()),
                ("address", models.CharField(max_length=128)),
                ("delivered_until", models.DateTimeField(blank=True, null=True)),
                ("read_until", models.DateTimeField(blank=True, null=True)),
                ("held_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "provider's watermark",
                "verbose_name_plural": "providers' watermarks",
                "constraints": [
                    models.UniqueConstraint(fields=("app_id", "address"), name="watermark_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="providerreceipt",
            name="app_id",
            field=models.UUIDField(default=uuid.UUID(int=0), db_default=uuid.UUID(int=0)),
        ),
        migrations.AddField(
            model_name="providerreceipt",
            name="address",
            field=models.CharField(blank=True, db_default="", default="", max_length=128),
        ),
    ]
