"""Who holds a device's connection, so that connections of a dead server can be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="holder",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
        ),
        migrations.CreateModel(
            name="ConnectionHolder",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "connection server",
                "verbose_name_plural": "connection servers",
            },
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("is_connected", True)),
                fields=["holder"],
                name="device_connected_by",
            ),
        ),
    ]
