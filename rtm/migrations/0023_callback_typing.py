from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0022_contact_profile_due_at")]

    operations = [
        migrations.AlterField(
            model_name="callback",
            name="kind",
            field=models.CharField(
                choices=[
                    ("dr", "Receipt"),
                    ("mo", "Incoming message"),
                    ("ru", "Rule"),
                    ("ty", "Typing"),
                ],
                max_length=2,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(
                condition=models.Q(("kind", "ty")), fields=["id"], name="callback_of_typing"
            ),
        ),
    ]
