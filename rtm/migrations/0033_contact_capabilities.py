from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0032_fanout_turn_index")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="capabilities",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
