"""Requests that are withdrawn, and who of an organization keeps a number."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_STATES = [
    ("pending", "Pending"),
    ("verifying", "Verifying"),
    ("active", "Active"),
    ("rejected", "Rejected"),
    ("withdrawn", "Withdrawn"),
    ("releasing", "Releasing"),
    ("released", "Released"),
]
#: Operators of a rejected request were still waited for.
_DROP = """
UPDATE numbers_operatorverification AS v SET result = 'dropped'
FROM numbers_number AS n
WHERE n.id = v.number_id AND n.state = 'rejected' AND v.result = 'waiting'
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("numbers", "0011_places"),
    ]
    operations = [
        migrations.AddField(
            model_name="reservation",
            name="kept_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="number",
            name="state",
            field=models.CharField(choices=_STATES, max_length=10, verbose_name="state"),
        ),
        migrations.AlterField(
            model_name="numberevent",
            name="state",
            field=models.CharField(choices=_STATES, max_length=10, verbose_name="state"),
        ),
        migrations.AlterField(
            model_name="offlinerequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("answered", "Answered"),
                    ("rejected", "Rejected"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="pending",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="operatorverification",
            name="result",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("verified", "Verified"),
                    ("refused", "Refused"),
                    ("dropped", "Not needed any more"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="result",
            ),
        ),
        migrations.RunSQL(_DROP, migrations.RunSQL.noop),
    ]
