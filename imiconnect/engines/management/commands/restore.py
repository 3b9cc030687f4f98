"""``manage.py restore FOLDER``: put a backup back, while the platform stands still."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from imiconnect.engines.backup import restore
from imiconnect.engines.errors import StartError
from imiconnect.engines.management.commands.backup import source


class Command(BaseCommand):
    """Restore the database and the uploaded files."""

    help = "Put a backup into an empty database, or with --replace in place of what is there."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the folder, and whether rows may go."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--replace", action="store_true", help="Lose what is there now.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, and say what comes next."""
        connections.close_all()
        try:
            manifest = restore(source(), options["folder"], replace=options["replace"])
        except StartError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored as of {manifest.made_at}. Start the platform: it migrates what is older."
        )
