#!/usr/bin/env python
"""Run a management command of the IMIconnect platform."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imiconnect.settings")
    if len(sys.argv) > 1 and sys.argv[1] in {"up", "engines"}:
        from imiconnect.engines.cli import run

        sys.exit(run(sys.argv[1], sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
