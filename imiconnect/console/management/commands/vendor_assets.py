"""Copy what the console serves out of ``node_modules`` into ``static/vendor``."""

import re
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.management.base import BaseCommand, CommandError

from imiconnect import ROOT
from imiconnect.console.icons import ICONS

#: Served name to the file in its package. Maps go along: manifest storage stops without.
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "tabler.min.js.map": "@tabler/core/dist/js/tabler.min.js.map",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.min.js.map": "htmx.org/dist/htmx.min.js.map",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "mqtt.esm.js": "mqtt/dist/mqtt.esm.js",
}
_NOISE = re.compile(
    r"\s*(?:<!--.*?-->|<path stroke=\"none\"[^>]*/>|class=\"[^\"]*\")", re.DOTALL
)


class Command(BaseCommand):
    """Needs ``npm ci`` to have run; engines are not needed."""

    help = "Copies front-end packages from node_modules into static/vendor."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take other folders than those of the checkout."""
        parser.add_argument("--source", type=Path, default=ROOT / "node_modules")
        parser.add_argument("--target", type=Path, default=ROOT / "static" / "vendor")

    def handle(self, *args: Any, source: Path, target: Path, **options: Any) -> None:
        """Copy the files and write the stylesheet of icons."""
        if not source.is_dir():
            raise CommandError(f"{source} does not exist; run 'npm ci' first.")
        target.mkdir(parents=True, exist_ok=True)
        for name, path in FILES.items():
            shutil.copyfile(source / path, target / name)
        icons = source / "@tabler" / "icons" / "icons" / "outline"
        rules = [_icon_rule(name, (icons / f"{name}.svg").read_text()) for name in ICONS]
        (target / "icons.css").write_text("\n".join(rules) + "\n")
        self.stdout.write(f"Copied {len(FILES)} files and {len(ICONS)} icons to {target}.")


def _icon_rule(name: str, svg: str) -> str:
    compact = " ".join(_NOISE.sub("", svg).split()).replace("> <", "><").replace(" />", "/>")
    single_quoted = compact.replace('"', "'").replace("currentColor", "black")
    data = quote(single_quoted, safe=" ='/:,.-+()")
    return f'.i-{name}{{--icon:url("data:image/svg+xml,{data}")}}'
