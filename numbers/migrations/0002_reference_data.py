"""Fill the catalogue, so that a fresh installation can sell and check."""

from types import SimpleNamespace
from typing import Any

from django.db import migrations

from imiconnect.numbers import catalogue

TABLES = ("Country", "RateCard", "SmsRestriction", "ShortCodeFormat", "ReservedWord")


def fill(apps: Any, schema_editor: Any) -> None:
    """Load the files that ship with the platform, and turn our own stock on."""
    models = {name: apps.get_model("numbers", name) for name in TABLES}
    catalogue.load(SimpleNamespace(**models))
    apps.get_model("numbers", "CarrierAccount").objects.get_or_create(slug="stock")


class Migration(migrations.Migration):
    dependencies = [("numbers", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
