"""``manage.py backup FOLDER``: a backup of everything, while the platform runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imiconnect.engines.backup import Source, back_up
from imiconnect.engines.errors import StartError
from imiconnect.environment import read_environment


class Command(BaseCommand):
    """Back up the database and the uploaded files."""

    help = "Write database and uploads into a new folder; the keys stay apart."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the folder, and whether the keys go in."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--with-keys",
            action="store_true",
            help="Also write SECRET_KEY and FIELD_KEYS: whoever has the folder reads it all.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Back up, and say what else to keep."""
        try:
            manifest = back_up(source(), options["folder"], with_keys=options["with_keys"])
        except StartError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Backed up into {options['folder']}, as of {manifest.made_at}.")
        if not options["with_keys"]:
            keys = ", ".join(manifest.keys)
            self.stdout.write(
                f"Keep FIELD_KEYS ({keys}) elsewhere: without it no secret in this backup can "
                "be read. They are in the environment, or in DATA_DIR/engines.json."
            )


def source() -> Source:
    """Return what this process is set to."""
    from django.conf import settings

    environment = read_environment()
    return Source(
        url=environment.DATABASE_DIRECT_URL or environment.DATABASE_URL,
        media=Path(settings.MEDIA_ROOT),
        field_keys=tuple(environment.FIELD_KEYS),
        secret_key=environment.SECRET_KEY,
    )
