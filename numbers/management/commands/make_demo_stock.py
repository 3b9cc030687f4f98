"""``manage.py make_demo_stock``: fill the stock with valid numbers to try things out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imiconnect.numbers.carriers.stock.demo import make_stock


class Command(BaseCommand):
    """Add the same numbers on every machine; what is there stays."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many numbers each rate gets."""
        parser.add_argument("--per-rate", type=int, default=40)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make and say how many there are."""
        count = make_stock(options["per_rate"])
        self.stdout.write(f"{count} numbers in stock")
