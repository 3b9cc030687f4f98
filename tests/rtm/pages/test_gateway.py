"""Tools > Gateway: what waits for each processor, and whose provider is away."""

import datetime as dt
import re
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.engines import heartbeat, tally
from imiconnect.engines.tally import failed
from imiconnect.rtm import gateway
from imiconnect.rtm.housekeeping import QUEUES
from imiconnect.rtm.models import Breaker, Receipt


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMIN, 200), (Role.DEVELOPER, 200), (Role.ASSET_MANAGER, 403), (Role.VIEWER, 403)],
)
def test_who_watches_the_gateway(
    role: Role, status: int, cast: dict[Role, Member], client_of: Any
) -> None:
    assert client_of(cast[role]).get("/tools/gateway/").status_code == status


def test_every_queue_is_shown(db: None) -> None:
    assert {row.slug for row in gateway.processors()} == set(QUEUES)


def test_what_waits_and_what_failed_is_shown(
    app: App, developer: Member, client_of: Any
) -> None:
    long_ago = timezone.now() - dt.timedelta(minutes=2)
    Receipt.objects.create(tid=app.pk, app_id=app.pk, address="u", kind=2, due_at=long_ago)
    failed("queue:dr", RuntimeError("of the test"))
    rows = {row.slug: row for row in gateway.processors()}
    assert rows["dr"].waiting.rows == 1
    assert rows["dr"].waiting.oldest_seconds >= 120
    page = client_of(developer).get("/tools/gateway/").content.decode()
    assert "DR processor" in page
    assert "RuntimeError" in page


def row_of(page: str, slug: str) -> dict[str, str]:
    """Return the cells of a processor's row as a person reads them, by their headings."""
    row = page.partition(f'id="queue-{slug}"')[2].partition("</tr>")[0]
    cells = re.findall(r'data-label="([^"]+)"[^>]*>(.*?)</td>', row, re.S)
    return {name: " ".join(re.sub("<[^>]+>", " ", cell).split()) for name, cell in cells}


def test_each_processor_has_its_own_figures(
    app: App, developer: Member, client_of: Any
) -> None:
    for key in tally.redis().scan_iter(f"{tally._KEY}*"):
        tally.redis().delete(key)
    long_ago = timezone.now() - dt.timedelta(minutes=2)
    for _number in range(3):
        Receipt.objects.create(tid=app.pk, app_id=app.pk, address="u", kind=2, due_at=long_ago)
    heartbeat.beat("queue:dr")
    tally.redis().hset(f"{tally._KEY}queue:dr", "done", 4321)
    minute = int(time.time()) // 60
    for near in (minute - 1, minute):  # a minute may end before the page is drawn
        tally.redis().set(tally._minute_key("queue:dr", near), 90)
    for _time in range(2):
        failed("queue:dr", ValueError("of the test"))
    page = client_of(developer).get("/tools/gateway/").content.decode()
    dr, mo = row_of(page, "dr"), row_of(page, "mo")
    assert 120 <= float(dr.pop("Oldest (s)")) < 180
    assert re.fullmatch(r"ValueError, \d+ s ago", dr.pop("Last error"))
    assert dr == {
        "State": "Degraded", "Waiting": "3", "Per second": "1.5", "Done": "4321",
        "Failures": "2",
    }  # fmt: skip
    assert (mo["Waiting"], mo["Oldest (s)"], mo["Last error"]) == ("0", "0.0", "None")
    assert (mo["Per second"], mo["Done"], mo["Failures"]) == ("0.0", "0", "0")


def test_without_its_worker_a_processor_says_so(
    db: None, developer: Member, client_of: Any
) -> None:
    names = [f"{heartbeat._KEY}queue:{slug}" for slug in QUEUES]
    heartbeat._redis().delete(*names)
    page = client_of(developer).get("/tools/gateway/").content.decode()
    assert {row_of(page, slug)["State"] for slug in QUEUES} == {
        "Broken has not been seen lately"
    }


def test_htmx_gets_the_figures_alone(admin: Member, client_of: Any) -> None:
    part = client_of(admin).get("/tools/gateway/", headers={"HX-Request": "true"})
    assert part.content.decode().startswith('<div id="gateway"')


def test_an_open_breaker_is_shown_to_those_who_see_the_app(
    app: App, admin: Member, outsider: Member, client_of: Any
) -> None:
    Breaker.objects.create(
        app=app, pause=30, failures=6, failed_at=timezone.now(), retry_at=timezone.now(),
        error="The provider did not answer.",
    )  # fmt: skip
    mine = client_of(admin).get("/tools/gateway/").content.decode()
    assert "Open: messages wait" in mine
    assert "The provider did not answer." in mine
    assert app.name not in client_of(outsider).get("/tools/gateway/").content.decode()


def test_prometheus_reads_the_same(app: App, client: Client, settings: Any) -> None:
    Breaker.objects.create(app=app, pause=30, failed_at=timezone.now(), retry_at=timezone.now())
    failed("queue:mo", ValueError("of the test"))
    text = client.get("/metrics").content.decode()
    assert "imiconnect_breakers_open 1.0" in text
    assert "imiconnect_queue_callbacks_due 0.0" in text
    assert "imiconnect_queue_callbacks_oldest_seconds 0.0" in text
    assert 'imiconnect_queue_failed_seconds_ago{error="ValueError",part="queue:mo"}' in text
