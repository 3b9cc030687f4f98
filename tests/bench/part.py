"""One further part of the bench: ``python tests/run.py bench.part NAME [FUNCTION]``.

Prints the figures of ``tests.bench.NAME`` as one line of JSON. It plays a web process, and
rests the garbage collector as one does.
"""

import json
import os
import sys
from importlib import import_module

import django

from imiconnect.engines.memory import settle

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imiconnect.settings")
    django.setup()
    module, function = [*sys.argv[1:], "run"][:2]
    settle()
    figures = getattr(import_module(f"tests.bench.{module}"), function)()
    sys.stdout.write(json.dumps(figures) + "\n")
