from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("sharing", "0008_allowed_sources")]

    operations = [
        migrations.AddField(
            model_name="rule",
            name="template",
            field=models.UUIDField(blank=True, null=True, verbose_name="message template"),
        ),
        migrations.AddField(
            model_name="rule",
            name="parameters",
            field=models.JSONField(blank=True, default=dict, verbose_name="parameters"),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=Q(template__isnull=True) | Q(action="message", text=""),
                name="rule_template_instead_of_text",
            ),
        ),
    ]
