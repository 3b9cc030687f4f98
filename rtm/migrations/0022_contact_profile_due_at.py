from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0021_contact_brief_windows")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="profile_due_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("profile_due_at__isnull", False)),
                fields=["profile_due_at"],
                name="contact_profile_due",
            ),
        ),
    ]
