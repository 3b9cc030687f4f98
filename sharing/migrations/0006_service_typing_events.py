from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0005_rule_referrals")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="typing_events",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="tell when a customer types"
            ),
        ),
    ]
