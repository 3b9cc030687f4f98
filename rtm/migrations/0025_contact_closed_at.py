from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0024_device_former_refresh_digest")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="left at"),
        ),
    ]
