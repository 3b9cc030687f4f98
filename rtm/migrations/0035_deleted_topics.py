import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0034_recordings")]

    operations = [
        migrations.AddField(
            model_name="topic",
            name="deleted_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="deleted"),
        ),
        migrations.RemoveConstraint(model_name="topic", name="topic_name_once"),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.UniqueConstraint(
                models.F("app"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("deleted_at__isnull", True)),
                name="topic_name_once",
            ),
        ),
        migrations.AddIndex(
            model_name="topic",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="topic_deleted",
            ),
        ),
    ]
