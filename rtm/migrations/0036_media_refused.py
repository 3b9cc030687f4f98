from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rtm", "0035_deleted_topics")]

    operations = [
        migrations.AddField(
            model_name="mediafile",
            name="preview_size",
            field=models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="size of the preview (bytes)"
            ),
        ),
        migrations.AddField(
            model_name="mediausage",
            name="refused_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last refused"),
        ),
        migrations.AddField(
            model_name="mediausage",
            name="told_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="told"),
        ),
    ]
