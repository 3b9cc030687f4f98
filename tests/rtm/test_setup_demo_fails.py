"""The demonstration is loaded as a whole or not at all."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from imiconnect.accounts.models import Organization


def test_a_file_that_cannot_be_written_leaves_the_database_empty(
    db: None, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file"
    with pytest.raises(OSError):
        call_command("setup_demo", numbers=1)
    assert not Organization.objects.exists()
