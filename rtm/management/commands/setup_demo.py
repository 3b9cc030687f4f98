"""Load the demonstration into an empty platform."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from imiconnect.accounts.models import Organization
from imiconnect.numbers.carriers.stock.demo import make_stock
from imiconnect.rtm.demo import make_demo

#: More than a page of results holds, in every country and type that has a price.
NUMBERS = 24


class Command(BaseCommand):
    """Does nothing when there is an organization already, so that it may run at each start."""

    help = "Makes two demo organizations and writes their sign-ins to DATA_DIR/demo.json."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many numbers of each type are for sale in each country."""
        parser.add_argument("--numbers", type=int, default=NUMBERS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make all of it, or nothing; the sign-ins are on disk before they count."""
        if Organization.objects.exists():
            self.stdout.write("There are organizations already; the demo was not loaded.")
            return
        path = Path(settings.DATA_DIR) / "demo.json"
        with transaction.atomic():
            signs_in = make_demo()
            make_stock(options["numbers"])
            write_private(path, json.dumps(signs_in, indent=2) + "\n")
        self.stdout.write(f"The demo is loaded; its sign-ins are in {path}.")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, in place of the one before, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
