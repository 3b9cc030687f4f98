from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rtm", "0016_onboarding"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="window_sent",
            field=models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="messages to them since"
            ),
        ),
    ]
