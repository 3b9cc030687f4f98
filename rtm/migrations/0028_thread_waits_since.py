from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0027_fanout_turns")]

    operations = [
        migrations.AddField(
            model_name="thread",
            name="waits_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="waits since"),
        ),
    ]
