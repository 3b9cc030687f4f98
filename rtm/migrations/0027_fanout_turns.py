import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_allowed_sources"),
        ("rtm", "0026_fanout_outcomes"),
    ]

    operations = [
        migrations.AddField(
            model_name="fanout",
            name="turned_at",
            field=models.DateTimeField(db_default=Now(), default=django.utils.timezone.now),
        ),
        migrations.CreateModel(
            name="FanOutTurn",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                ("taken_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "turn of fan-outs",
                "verbose_name_plural": "turns of fan-outs",
            },
        ),
    ]
