"""Writes of channel apps."""

import datetime as dt
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from imiconnect import ROOT
from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.keys import Overlap, in_force

pytestmark = pytest.mark.django_db
New = Callable[..., App]


@pytest.fixture
def new_app() -> New:
    def make(member: Member, **fields: Any) -> App:
        values: dict[str, Any] = {
            "name": "Shop",
            "channel_type": "mobile_web",
            "config": {"platform": "web", "systems": ["firefox", "chrome"]},
        }
        return services.create_app(member=member, **(values | fields))

    return make


def test_an_app_gets_an_app_id_and_a_client_key(admin: Member, new_app: New) -> None:
    app = new_app(admin)
    assert re.fullmatch(r"[A-Z]{2}[0-9]{8}", app.app_id)
    assert len(services.current_client_key(app).secret) == 32


def test_an_app_belongs_to_the_level_of_its_creator(team_member: Member, new_app: New) -> None:
    assert new_app(team_member).level == team_member.team


def test_an_app_id_that_is_taken_is_drawn_again(
    admin: Member, new_app: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = new_app(admin).app_id
    drawn = iter([taken, taken, "ZZ99999999"])
    monkeypatch.setattr(services, "new_app_id", lambda: next(drawn))
    assert new_app(admin).app_id == "ZZ99999999"


def test_systems_are_kept_in_the_order_of_the_list(admin: Member, new_app: New) -> None:
    assert new_app(admin).config["systems"] == ["chrome", "firefox"]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "platform"),
        ({"platform": "fridge"}, "platform"),
        ({"platform": ["web"]}, "platform"),
        ({"platform": "web"}, "systems"),
        ({"platform": "web", "systems": ["ios"]}, "systems"),
        ({"platform": "mobile", "systems": [3]}, "systems"),
        ({"platform": "mobile", "systems": "ios"}, "systems"),
    ],
)
def test_a_wrong_configuration_is_named(
    admin: Member, new_app: New, config: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        new_app(admin, config=config)
    assert list(caught.value.message_dict) == [field]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_wrong_name_is_named(admin: Member, new_app: New, name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        new_app(admin, name=name)
    assert "name" in caught.value.message_dict


def test_regenerating_keeps_the_old_key_for_a_while(admin: Member, new_app: New) -> None:
    app = new_app(admin)
    old = services.current_client_key(app)
    new = services.regenerate_client_key(app=app, keep=Overlap.HOUR)
    old.refresh_from_db()
    assert old.expires_at is not None
    assert old.expires_at - timezone.now() > dt.timedelta(minutes=59)
    assert services.current_client_key(app) == new
    assert app.client_keys.filter(in_force()).count() == 2


def test_stop_now_ends_every_earlier_key(admin: Member, new_app: New) -> None:
    app = new_app(admin)
    services.regenerate_client_key(app=app, keep=Overlap.WEEK)
    new = services.regenerate_client_key(app=app, keep=Overlap.NOW)
    assert list(app.client_keys.filter(in_force())) == [new]


def test_every_change_is_on_record_without_secrets(admin: Member, new_app: New) -> None:
    app = new_app(admin)
    services.regenerate_client_key(app=app, keep=Overlap.DAY)
    services.reveal_client_key(app=app)
    services.set_app_state(app=app, state=App.State.OFF)
    actions = set(
        AuditEntry.objects.filter(object_id=str(app.pk)).values_list("action", flat=1)
    )
    assert actions == {
        "app.created",
        "app.client_key_regenerated",
        "app.client_key_revealed",
        "app.turned_off",
    }
    written = str(list(AuditEntry.objects.values("before", "after")))
    assert not [key.secret for key in app.client_keys.all() if key.secret in written]


def test_an_unused_app_is_deleted_with_its_keys(admin: Member, new_app: New) -> None:
    app = new_app(admin)
    services.delete_app(app=app)
    assert not App.objects.exists()


def test_nothing_outside_of_its_folder_names_the_channel_type() -> None:
    for kind in registry.all_types():
        listed = subprocess.run(
            ["git", "grep", "-lw", kind.slug, "--", "*.py", "*.html", "*.js"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()
        own = (
            f"apps/channel_types/{kind.slug}/",
            f"templates/apps/channel_types/{kind.slug}/",
            f"imiconnect/sandbox/{kind.slug}/",
            f"templates/sandbox/{kind.slug}/",
            "imiconnect/console/icons.py",
            # The log's media, of which some have the name of their channel type.
            "rtm/models/messages.py",
            "rtm/migrations/",
        )
        assert [path for path in listed if not path.startswith((*own, "tests/"))] == []


@pytest.mark.parametrize("kind", registry.all_types(), ids=lambda kind: kind.slug)
def test_a_channel_type_declares_what_it_needs(kind: Any) -> None:
    from django.template.loader import get_template
    from django.utils.module_loading import import_string

    if kind.wizard:
        assert import_string(kind.wizard).url_name == "apps:configure"
    else:
        assert get_template(kind.instructions_template)
    assert get_template(kind.done_template)
    assert get_template(kind.credentials_template)
    assert kind.channel in kind.receipts
