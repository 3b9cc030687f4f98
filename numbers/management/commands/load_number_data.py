"""``manage.py load_number_data``: put the shipped reference data into the catalogue."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from imiconnect.numbers import catalogue, models


class Command(BaseCommand):
    """Add what is missing; with ``--update`` also bring changed rows back to the files."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--update``."""
        parser.add_argument(
            "--update", action="store_true", help="Overwrite rows that support has changed."
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say how many rows there are."""
        counts = catalogue.load(models, update=options["update"])
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count}")
