"""``manage.py locate_stock``: give older stock the cities it belongs to."""

from typing import Any

from django.core.management.base import BaseCommand

from imiconnect.numbers.carriers.stock.places import locate_stock


class Command(BaseCommand):
    """Once after an upgrade; new stock has its places from the start."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Locate, and say how many have a place now."""
        self.stdout.write(f"{locate_stock()} numbers have a place now")
