from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("apps", "0005_hook_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="hookevent",
            name="some_files",
            field=models.JSONField(editable=False, null=True),
        ),
    ]
