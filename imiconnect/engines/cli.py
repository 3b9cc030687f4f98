"""Commands that start engines: they run before Django, which cannot be set up without them."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from imiconnect import ROOT
from imiconnect.engines.embedded import embedded_engines
from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import sentence_of
from imiconnect.engines.runner import Runner
from imiconnect.engines.up import Platform


def data_dir() -> Path:
    """Return the data folder of this process, as ``imiconnect.environment`` reads it."""
    return Path(os.environ.get("DATA_DIR") or ROOT / "var")


def say(sentence: str) -> None:
    """Print one line to the operator at once."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def engines(arguments: Sequence[str]) -> int:
    """Start the embedded engines alone, for development, until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="manage.py engines", description=engines.__doc__)
    parser.parse_args(arguments)
    runner = Runner(embedded_engines(data_dir()))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    with runner:
        for engine in runner.embedded.engines:
            say(f"{engine.title} is ready.")
        say(f"Their addresses are in {runner.embedded.settings_path}. Ctrl-C stops them.")
        while (ended := runner.first_ended()) is None:
            time.sleep(0.5)
        raise StartError(
            f"{ended} has ended. Its log is in {runner.embedded.data_dir / 'log'}."
        )


def up(arguments: Sequence[str]) -> int:
    """Start everything, watch it, and stop it on Ctrl-C."""
    parser = argparse.ArgumentParser(prog="manage.py up", description=up.__doc__)
    parser.parse_args(arguments)
    return Platform(data_dir(), say).run()


#: Commands by name; everything else on the command line belongs to Django.
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"engines": engines, "up": up}


def run(name: str, arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; what stops a start becomes one sentence."""
    try:
        return COMMANDS[name](arguments)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        sys.stderr.write(f"{sentence_of(error, data_dir())}\n")
    return 1
