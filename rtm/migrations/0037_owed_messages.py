from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0036_media_refused")]

    operations = [
        migrations.CreateModel(
            name="OwedMessage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("message_id", models.UUIDField()),
                ("device_id", models.UUIDField()),
                ("due_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
                ("sent", models.SmallIntegerField(db_default=0, default=0)),
            ],
            options={
                "verbose_name": "message for another device",
                "verbose_name_plural": "messages for other devices",
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["due_at"],
                        name="owed_due",
                    ),
                    models.Index(fields=["expires_at"], name="owed_expiry"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("device_id", "message_id"), name="owed_once"
                    )
                ],
            },
        ),
    ]
