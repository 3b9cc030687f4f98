from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0042_receipt_batches")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="tried_at",
            field=models.DateTimeField(null=True),
        ),
    ]
