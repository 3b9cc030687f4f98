from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0044_room_for_second_versions")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="is_link_sure",
            field=models.BooleanField(default=False, db_default=False, editable=False),
        ),
        migrations.AddField(
            model_name="userpin",
            name="is_known",
            field=models.BooleanField(
                default=False, db_default=False, verbose_name="known device"
            ),
        ),
    ]
