"""The agents' desk in a browser: reachable for everybody, and alive."""

import io
from typing import Any

from django.utils import timezone
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.console.live import notify
from imiconnect.identity import uuid7
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.live import group_of_messages
from imiconnect.rtm.models import Device, Message, Stream, Thread
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service
from tests.elsewhere import elsewhere
from tests.rtm.pages.conftest import make_app, make_service

TERMS = FilePayload(name="terms.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 terms")
PROGRAM = FilePayload(name="run.exe", mimeType="application/x-msdownload", buffer=b"MZ")


def picture(name: str) -> FilePayload:
    """Return a small picture to choose."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "PNG")
    return FilePayload(name=name, mimeType="image/png", buffer=out.getvalue())


def make_threads(admin: Member) -> list[Thread]:
    """Make two conversations with Grace, each with a question of hers."""
    app = make_app(admin)
    service = make_service(admin, app)
    customer = create_customer(member=admin, customer_id="1001", attributes={"name": "Grace"})
    Device.objects.create(app=app, user_id="grace", device_id="d1", customer=customer)
    stream = Stream.objects.create(organization=admin.organization, name="Support")
    threads = []
    for title in ("Credit card", "Account settings"):
        thread = Thread.objects.create(
            app=app, service=service, stream=stream, user_id="grace", title=title,
            waits_since=timezone.now(),
        )  # fmt: skip
        write(app, service, thread, f"A question about my {title.lower()}", incoming=True)
        threads.append(thread)
    write(app, service, threads[0], "We are looking into it.", incoming=False)
    return threads


def write(app: App, service: Service, thread: Thread, text: str, *, incoming: bool) -> Message:
    """Put a message into a conversation, as the gateway does."""
    key = uuid7()
    return Message.objects.create(  # type: ignore[no-any-return]  # the manager is not typed
        id=key, transid=key, organization=app.organization, service=service, app=app,
        thread=thread, channel="rt", direction=int(incoming), address="grace",
        state=State.RECEIVED if incoming else State.READ, created_at=timezone.now(),
        payload={"message": text} if incoming else {"message": text, "senderId": "Ada Admin"},
    )  # fmt: skip


def test_the_desk_keeps_nobody_out(admin: Member, page: Page, sign_in: Any, seen: Any) -> None:
    thread, _other = make_threads(admin)
    sign_in(page, admin)
    stream = Stream.objects.get()
    for name, path in {
        "open": "/conversations/",
        "closed": "/conversations/?show=closed",
        "one": f"/conversations/{thread.pk}/?stream={stream.pk}&show=all",
    }.items():
        page.goto(path)
        seen(name)
    page.get_by_label("Files", exact=False).first.set_input_files([TERMS, PROGRAM])
    expect(page.get_by_role("list", name="Chosen files")).to_contain_text("terms.pdf")
    expect(page.get_by_text("run.exe: files of this type are not taken here.")).to_be_visible()
    seen("files")
    page.get_by_role("button", name="Remove terms.pdf").click()
    page.get_by_text("Hand over, or let another agent in").click()
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("alert").filter(has_text="Enter your answer")).to_be_visible()
    seen("refused")


def test_a_message_comes_in_while_an_answer_is_being_written(
    admin: Member, page: Page, sign_in: Any
) -> None:
    thread, _other = make_threads(admin)
    sign_in(page, admin)
    page.goto(f"/conversations/{thread.pk}/")
    expect(page.locator("[data-desk-state]")).to_have_text("Live")
    page.get_by_label("Your answer").fill("Half an answer")
    service = thread.service
    assert service is not None
    write(thread.app, service, thread, "Any news?", incoming=True)
    elsewhere(notify, group=group_of_messages(admin.organization_id), new=1)
    expect(page.locator(".desk-said")).to_contain_text("Any news?")
    expect(page.get_by_label("Your answer")).to_have_value("Half an answer")


def test_an_agent_takes_and_answers_with_the_keyboard(
    admin: Member, page: Page, sign_in: Any
) -> None:
    make_threads(admin)
    sign_in(page, admin)
    page.goto("/conversations/")
    page.get_by_role("link", name="Account settings").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take it").press("Enter")
    expect(page.locator(".desk-head")).to_contain_text("yours")
    page.get_by_label("Your answer").fill("It is done.")
    page.get_by_label("Your answer").press("Control+Enter")
    expect(page.locator(".said-out")).to_contain_text("It is done.")
    expect(page.get_by_label("Your answer")).to_have_value("")
    picker = page.locator("[data-desk-files]")
    picker.set_input_files([TERMS, picture("first.png")])
    picker.set_input_files([picture("second.png")])
    chosen = page.get_by_role("list", name="Chosen files").get_by_role("listitem")
    expect(chosen).to_have_count(3)
    page.get_by_role("button", name="Remove first.png").press("Enter")
    expect(page.get_by_role("button", name="Remove second.png")).to_be_focused()
    page.get_by_role("button", name="Send the answer").press("Enter")
    said = page.locator(".said-out").last
    expect(said.get_by_role("link", name="terms.pdf")).to_be_visible()
    shown = said.get_by_role("img")
    expect(shown).to_have_count(1)
    page.wait_for_function("image => image.naturalWidth > 0", arg=shown.element_handle())
    expect(chosen).to_have_count(0)


def test_earlier_messages_come_in_above_and_new_ones_below(
    admin: Member, page: Page, sign_in: Any, seen: Any
) -> None:
    thread, _other = make_threads(admin)
    service = thread.service
    assert service is not None
    for number in range(101):
        write(thread.app, service, thread, f"Word {number}", incoming=True)
    sign_in(page, admin)
    page.goto(f"/conversations/{thread.pk}/")
    expect(page.locator("[data-desk-state]")).to_have_text("Live")
    said = page.locator(".desk-said")
    page.get_by_role("link", name="Show earlier messages").press("Enter")
    expect(said).to_contain_text("A question about my credit card")
    expect(said).to_be_focused()
    expect(page.get_by_text("Word 100", exact=True)).to_be_attached()
    seen("earlier")
    write(thread.app, service, thread, "Any news?", incoming=True)
    elsewhere(notify, group=group_of_messages(admin.organization_id), new=1)
    expect(said).to_contain_text("Any news?")
    expect(said).to_contain_text("A question about my credit card")
