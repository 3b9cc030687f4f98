"""Hours that public holidays shut, filled in where support has left the shipped rows."""

from typing import Any

from django.db import migrations, models

from imiconnect import public_holidays
from imiconnect.numbers.catalogue import rows_of

#: What the sources of such rows said before.
_SHIPPED = "sms_restrictions.csv: "


def fill(apps: Any, schema_editor: Any) -> None:
    """Name the country in the rows whose rules name holidays."""
    hours = apps.get_model("numbers", "SmsHours")
    for row in rows_of("sms_hours.csv"):
        if row["holidays"]:
            hours.objects.filter(
                country_id=row["iso2"], covers=row["covers"], source__startswith=_SHIPPED
            ).update(holidays=row["holidays"], source=row["source"])


class Migration(migrations.Migration):
    dependencies = [("numbers", "0009_one_owner_per_code")]
    operations = [
        migrations.AddField(
            model_name="smshours",
            name="holidays",
            field=models.CharField(
                blank=True,
                default="",
                help_text=(
                    "The ISO code of the country, or of a part of it such as FR-57; empty where "
                    "texts go out on public holidays too."
                ),
                max_length=10,
                validators=[public_holidays.check_place],
                verbose_name="not on public holidays of",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
