"""Why a device's registration was ended, so that the device can be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column."""

    dependencies = [("rtm", "0019_messages_of_a_number")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="ended_by",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=10,
                verbose_name="ended by",
            ),
        ),
    ]
