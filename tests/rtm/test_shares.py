"""A share that ends while messages wait: they fail with the documented code."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member, Team
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message
from imiconnect.rtm.processors import mt
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import AppShare, Service
from imiconnect.sharing.shares import share_app, unshare

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shared(service: Service, rtm_app: App, team: Team, admin: Member) -> Team:
    """A team that has the service, and the app by a share."""
    Service.objects.filter(pk=service.pk).update(group=team.group, team=team)
    share_app(member=admin, app=rtm_app, level=team)
    return team


def over(_admin: Member, _app: App, _team: Team) -> None:
    AppShare.objects.update(ends_at=timezone.now() - dt.timedelta(seconds=1))


def removed(admin: Member, app: App, team: Team) -> None:
    unshare(member=admin, app=app, level=team)


@pytest.mark.parametrize("end", [over, removed])
def test_queued_messages_fail_when_the_share_ends(
    end: Any,
    intake: Any,
    order: Callable[..., dict[str, Any]],
    shared: Team,
    rtm_app: App,
    admin: Member,
) -> None:
    answer = intake.post("/resources/v1/messaging", json=order())
    assert answer.status_code == 202, answer.text
    end(admin, rtm_app, shared)
    mt.process_due()
    row = Message.objects.get()
    assert (row.state, row.code) == (State.FAILED, 7018)
    assert intake.post("/resources/v1/messaging", json=order()).status_code == 403
