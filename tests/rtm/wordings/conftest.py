"""Templates of Northwind."""

from collections.abc import Callable
from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.rtm.models import MessageTemplate
from imiconnect.rtm.wordings import services

Make = Callable[..., MessageTemplate]


@pytest.fixture
def make(admin: Member) -> Make:
    """Return a function that makes templates as an Admin; keywords are their parts."""

    def act(text: str = "Dear $(name)", member: Member | None = None, **parts: Any) -> Any:
        content = (
            {"message": {"text": text}}
            if parts.get("channel", "rt") == "rt"
            else {"text": text}
        )
        values = {"name": "Greeting", "channel": "rt", "content": content} | parts
        return services.create_template(member=member or admin, **values)

    return act
