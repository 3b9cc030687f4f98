"""A device's own name of a message, so that one said twice is stored once."""

from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("rtm", "0002_presence")]

    operations = [
        migrations.CreateModel(
            name="ClientRef",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("app_id", models.UUIDField()),
                ("address", models.CharField(max_length=128)),
                ("device_id", models.CharField(max_length=128)),
                ("ref", models.CharField(max_length=64)),
                ("tid", models.UUIDField()),
                ("created_at", models.DateTimeField(default=timezone.now)),
            ],
            options={
                "verbose_name": "device's message reference",
                "verbose_name_plural": "devices' message references",
                "indexes": [models.Index(fields=["created_at"], name="client_ref_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("app_id", "address", "device_id", "ref"), name="client_ref_once"
                    )
                ],
            },
        ),
    ]
