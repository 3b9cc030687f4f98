"""The gateway's page and the dry run: reachable for everybody, and alive."""

import datetime as dt
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.rtm.models import Breaker, Receipt
from tests.rtm.pages.conftest import make_app


def test_figures_and_dry_run_keep_nobody_out(
    admin: Member, page: Page, sign_in: Any, seen: Any
) -> None:
    app = make_app(admin)
    now = timezone.now()
    Breaker.objects.create(
        app=app, pause=30, failures=6, failed_at=now, error="The provider did not answer.",
        retry_at=now + dt.timedelta(seconds=30),
    )  # fmt: skip
    sign_in(page, admin)
    for name, path in {"gateway": "/tools/gateway/", "dry": f"/apps/{app.pk}/dry-run/"}.items():
        page.goto(path)
        seen(name)
    page.get_by_role("button", name="Replay the day").click()
    expect(page.get_by_role("heading", name="No message on this day")).to_be_focused()
    seen("replayed")


def test_the_figures_change_while_the_page_is_open(
    admin: Member, page: Page, sign_in: Any
) -> None:
    app = make_app(admin)
    sign_in(page, admin)
    page.goto("/tools/gateway/")
    waiting = page.locator("#queue-dr td").nth(1)
    expect(waiting).to_have_text("0")
    Receipt.objects.create(tid=app.pk, app_id=app.pk, address="u", kind=2)
    expect(waiting).to_have_text("1")
