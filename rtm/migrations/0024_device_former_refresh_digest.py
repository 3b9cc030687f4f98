from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0023_callback_typing")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="former_refresh_digest",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
    ]
