import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_trials")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="profile_sources",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=43),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="allowed source addresses",
            ),
        ),
    ]
