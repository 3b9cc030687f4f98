from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0025_contact_closed_at")]

    operations = [
        migrations.AddField(
            model_name="fanout",
            name="code",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="fanout",
            name="missed",
            field=models.IntegerField(db_default=0, default=0, verbose_name="not reached"),
        ),
    ]
