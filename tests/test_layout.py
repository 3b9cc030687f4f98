"""The shape of the code base: names, sizes and the one direction of imports."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("accounts", "numbers", "apps", "sharing", "rtm")
GROUND_FLOOR = ("console", "audit", "engines")
LONGEST_FILE = 400


def tracked(*patterns: str) -> list[Path]:
    """Return the files of the checkout that match, without those that Django writes."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / line for line in listed.splitlines() if "/migrations/" not in line]
    return [path for path in paths if path.exists()]


def package_of(path: Path) -> str:
    """Return the name of the package a file belongs to, as imports name it."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "imiconnect" and len(parts) > 2 else parts[0]


def imported_packages(path: Path) -> set[str]:
    """Return the packages under ``imiconnect`` that a file imports, lazily or not."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("imiconnect.")}


@pytest.mark.parametrize("folder", ["numbers", "apps", "rtm", "sharing"])
def test_app_folders_have_no_init_file(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


def test_no_test_folder_is_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_imports_point_one_way() -> None:
    upward = []
    for path in tracked("*.py"):
        package = package_of(path)
        if package in ORDER:
            above = set(ORDER[ORDER.index(package) + 1 :])
        elif package in GROUND_FLOOR:
            above = set(ORDER)
        elif package == "sandbox":
            # Twins share no code with the clients that they stand opposite.
            above = set(ORDER) - {"accounts"}
        else:
            continue
        known = imported_packages(path) & above
        if known:
            upward.append(f"{path.relative_to(ROOT)} imports {', '.join(sorted(known))}")
    assert not upward, "\n".join(upward)


def test_every_file_can_be_read_at_one_sitting() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in tracked("*.py", "*.html", "*.js", "*.css")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    ]
    assert not long, "\n".join(long)


def test_nothing_names_this_machine_or_a_registry() -> None:
    options = [f"--{which}index-url" for which in ("", "extra-")]
    wanted = [f"{ROOT}/", *options, '"resolved": ' + '"http']
    here = Path(__file__)
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path != here and path.is_file() and path.stat().st_size < 2_000_000
        if any(text in path.read_text(errors="ignore") for text in wanted)
    ]
    assert not found, f"These name a registry or a path of this machine: {found}"
