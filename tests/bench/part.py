"""One further part of the bench: ``python tests/run.py bench.part NAME`` prints its figures."""

import json
import os
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imiconnect.settings")
    django.setup()
    sys.stdout.write(json.dumps(import_module(f"tests.bench.{sys.argv[1]}").run()) + "\n")
