import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0007_share_index")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="allowed_sources",
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
