"""Run a module of the tests as a program: ``python tests/run.py bench.devices``.

A package that is installed may be called ``tests`` too, and would win over this folder.
"""

import runpy
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.modules["tests"] = tests = ModuleType("tests")
    tests.__path__ = [str(HERE)]
    sys.path[0] = str(HERE.parent)
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(f"tests.{module}", run_name="__main__", alter_sys=True)
