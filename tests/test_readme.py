"""What README.md says of the settings."""

import pytest

from imiconnect import ROOT
from imiconnect.environment import Environment


@pytest.mark.parametrize("name", Environment.model_fields)
def test_the_readme_names_each_setting(name: str) -> None:
    assert f"`{name}`" in (ROOT / "README.md").read_text()
