"""Fill in what of the countries' SMS rules is applied when a text goes out."""

from types import SimpleNamespace
from typing import Any

from django.db import migrations

from imiconnect.numbers import catalogue


def fill(apps: Any, schema_editor: Any) -> None:
    """Load the two files."""
    names = ("SmsHours", "SmsContentRule")
    models = {name: apps.get_model("numbers", name) for name in names}
    catalogue.load_sms_rules(SimpleNamespace(**models))


class Migration(migrations.Migration):
    dependencies = [("numbers", "0006_sms_rules")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
