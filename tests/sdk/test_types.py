"""The types of the JavaScript SDK: the compiler accepts them, and they name what there is."""

import json
import re
import shutil
import subprocess

import pytest

from imiconnect import ROOT

TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
NODE = shutil.which("node")
SDK = ROOT / "static" / "sdk"
DECLARED = (SDK / "imiconnect.d.ts").read_text()


def members(name: str) -> set[str]:
    """Return the names that the declared class has."""
    body = DECLARED.split(f"export class {name} ", 1)[1].split("\n}\n", 1)[0]
    found = re.findall(r"^  (?:readonly )?(\w+)(?:<[^(]*>)?[(:]", body, re.MULTILINE)
    return set(found) - {"constructor"}


def real_members(module: str, name: str) -> set[str]:
    """Return the public names that the real class has."""
    source = (SDK / module).read_text().split(f"export class {name} ", 1)[1]
    member = r"^  (?:async |get )?([a-z]\w*)(?:\(.*\{$|;$| = \()"
    found = re.findall(member, source, re.MULTILINE)
    return set(found) - {"constructor"}


def numbers(source: str, name: str) -> dict[str, int]:
    """Return the names and numbers of an enumeration."""
    body = source.split(f"export const {name}", 1)[1].split("}", 1)[0]
    return {word: int(digits) for word, digits in re.findall(r"(\w+): (\d+)", body)}


def test_classes_have_what_is_declared_and_nothing_else() -> None:
    emitter = {"on", "off"}
    assert members("Client") == real_members("client.js", "Client") | emitter
    assert members("Threads") == real_members("threads.js", "Threads")


@pytest.mark.parametrize(
    ("module", "name"), [("errors.js", "ErrorCode"), ("messages.js", "MessageStatus")]
)
def test_numbers_are_those_of_the_module(module: str, name: str) -> None:
    assert numbers(DECLARED, name) == numbers((SDK / module).read_text(), name)


@pytest.mark.skipif(not TSC.exists() or NODE is None, reason="needs TypeScript: npm ci")
def test_the_compiler_accepts_what_an_app_writes() -> None:
    # Every folder in a root is taken for a library of types, so the root has none.
    told = subprocess.run(
        [
            str(NODE), str(TSC), "--noEmit", "--strict", "--target", "es2022",
            "--module", "nodenext", "--lib", "es2022,dom", "--typeRoots", str(SDK),
            str(ROOT / "tests" / "sdk" / "sample.ts"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout


def test_package_has_the_compiler_for_tests_only() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    assert "typescript" in package["devDependencies"]
    assert "typescript" not in package["dependencies"]
