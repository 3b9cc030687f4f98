from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_service_typing_events")]

    operations = [
        migrations.AddIndex(
            model_name="appshare",
            index=models.Index(
                fields=["group", "-content_object"],
                include=["ends_at", "include_teams"],
                name="app_share_held",
            ),
        ),
        migrations.RemoveIndex(model_name="appshare", name="app_share_newest"),
    ]
