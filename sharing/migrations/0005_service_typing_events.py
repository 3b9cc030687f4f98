from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0004_purpose_of_texts")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="typing_events",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="tell when a customer types"
            ),
        ),
    ]
