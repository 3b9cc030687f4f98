"""Topics, typing, files and answers by the JavaScript SDK in a real browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.identity import uuid7
from imiconnect.rtm import topics
from imiconnect.rtm.broker import link
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Device, DeviceEvent, Inbound, Stream, Subscription, Thread
from imiconnect.rtm.protocol.topics import downlink
from tests.browser.test_sdk import ask

START = """async ([appId, key]) => {
  const { startup } = await import('/static/sdk/imiconnect.js');
  const device = window.device = startup(appId, key);
  window.events = [];
  device.on('event', (event) => window.events.push(event));
  window.codeOf = (promise) => promise.then(() => 0, ({ code }) => code);
  await device.register({ userId: 'ana', deviceId: 'd1' });
}"""
PICTURE = """async () => {
  const canvas = new OffscreenCanvas(640, 480);
  canvas.getContext('2d').fillRect(0, 0, 100, 100);
  return canvas.convertToBlob({ type: 'image/png' });
}"""


@pytest.fixture
def app(admin: Member) -> App:
    """An app with an inbox."""
    return apps.create_app(
        member=admin,
        name="Web shop",
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(profile_required=False, server_inbox=True),
    )


@pytest.fixture
def shop(page: Page, app: App) -> Page:
    """A page that is the registered device ``d1`` of ``ana``."""
    page.goto("/accounts/login/")
    ask(page, START, [app.app_id, apps.current_client_key(app).secret])
    return page


def test_a_user_subscribes_writes_and_leaves(shop: Page, app: App) -> None:
    topics.create_topic(app=app, name="news", title="News")
    told = ask(
        shop,
        """async () => {
          const early = window.device.publish({ text: 'Hi', topic: 'news' });
          const before = await window.codeOf(early);
          await window.device.topics.subscribe('news');
          const { topics } = await window.device.topics.list();
          const said = await window.device.publish({ text: 'Hi all', topic: 'news' });
          return { before, topics: topics.map((t) => [t.name, t.subscribed]), tid: said.tid };
        }""",
    )
    assert told["before"] == 6003
    assert told["topics"] == [["news", True]]
    assert str(Inbound.objects.get(body__topic="news").pk) == told["tid"]
    ask(shop, "() => window.device.topics.unsubscribe('news')")
    assert not Subscription.objects.exists()
    assert ask(shop, "() => window.codeOf(window.device.topics.subscribe('no'))") == 6203


def test_nobody_replies_to_an_announcement(shop: Page, app: App) -> None:
    known, unknown = (
        Thread.objects.create(app=app, user_id="ana", type="Announcement", title=title)
        for title in ("known", "unknown")
    )
    codes = ask(
        shop,
        """async ([known, unknown]) => {
          const publish = (threadId) => window.device.publish({ text: 'x', threadId });
          const reply = (threadId) => window.codeOf(publish(threadId));
          const asked = await reply(unknown);
          await window.device.threads.list();
          return [asked, await reply(known), window.device.threads.isAnnouncement(known)];
        }""",
        [str(known.pk), str(unknown.pk)],
    )
    assert codes == [6003, 6003, True]


def test_a_file_is_uploaded_and_sent(
    shop: Page, app: App, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    told = ask(
        shop,
        f"""async () => {{
          const file = await ({PICTURE})();
          const attachment = await window.device.upload(file);
          await window.device.publish({{ text: 'Look', attachments: [attachment] }});
          const again = await window.device.refreshMedia(attachment.file);
          const shown = await fetch(again.preview);
          const bad = new Blob(['<script>'], {{ type: 'image/png' }});
          return [attachment.contentType, shown.headers.get('content-type'),
            await window.codeOf(window.device.upload(bad))];
        }}""",
    )
    assert told == ["image/png", "image/jpeg", 6999]
    assert Inbound.objects.get().body["media"][0]["contentType"] == "image/png"


def test_quick_replies_buttons_and_forms_are_answered(shop: Page, app: App) -> None:
    codes = ask(
        shop,
        """async () => {
          const message = {
            tid: '01900000-0000-7000-8000-000000000000', thread: null,
            quickReplies: { reference: 'q1', options: [{ title: 'Yes', payload: 'Y' }] },
            attachments: [{ contentType: 'template', identifier: 'f1', fields: [
              { name: 'mail', label: 'E-mail', type: 'email', mandatory: true } ] }],
          };
          const { device, codeOf } = window;
          await device.chooseQuickReply(message, message.quickReplies.options[0]);
          await device.press(message, { title: 'Buy', payload: 'buy-17' });
          await device.submitForm(message, { mail: 'ana@example.com' });
          return [await codeOf(device.submitForm(message, { mail: 'nonsense' })),
            await codeOf(device.submitForm(message, {}))];
        }""",
    )
    assert codes == [6004, 6004]
    said = [row.body["interactiveData"] for row in Inbound.objects.order_by("id")]
    assert [(data["type"], data["payload"]) for data in said] == [
        ("quickReplyPostback", "Y"),
        ("templatePostback", "buy-17"),
        ("formResponse", {"mail": "ana@example.com"}),
    ]


def test_typing_unread_and_closing_are_calls_of_a_thread(shop: Page, app: App) -> None:
    told = ask(
        shop,
        """async () => {
          const { device } = window;
          await device.connect();
          const { id } = await device.threads.create({ title: 'Order 17' });
          await device.threads.typing(id);
          await device.threads.typing(id, false);
          const unread = await device.threads.unreadCount();
          await device.threads.close(id);
          const { threads } = await device.threads.list({ unread: true });
          const gone = await window.codeOf(device.deleteMessage(crypto.randomUUID()));
          return [unread, threads[0].status, threads[0].unread_msg_count, gone];
        }""",
    )
    assert told == [0, "Closed", 0, 6999]


def test_a_device_is_linked_tells_events_and_skips_what_is_for_another(
    shop: Page, app: App, admin: Member
) -> None:
    create_customer(member=admin, customer_id="1001", attributes={})
    ask(
        shop,
        """async () => {
          const { device } = window;
          window.messages = [];
          device.on('message', ({ text }) => window.messages.push(text));
          await device.profile.setCustomerId('1001');
          await device.profile.update({ language: 'pt' });
          await device.profile.publishEvent('checkout', { basket: 3 });
          await device.connect();
        }""",
    )
    assert Device.objects.get().customer.customer_id == "1001"
    assert Device.objects.get().attributes["language"] == "pt"
    assert DeviceEvent.objects.get(kind="custom").name == "checkout"
    for text, to in (("other", {"deviceId": "d2"}), ("own", {"deviceId": "d1"}), ("all", {})):
        body = {"tid": str(uuid7()), "message": text, "channel": "rt", **to}
        link.publish([(downlink(app.app_id, "ana"), json.dumps(body).encode())])
    shop.wait_for_function("() => window.messages.length === 2")
    assert shop.evaluate("() => window.messages") == ["own", "all"]
    ask(shop, "() => window.device.profile.removeCustomerId()")
    assert Device.objects.get().customer is None


def test_a_user_signs_out_and_in_on_a_device_that_stays_connected(shop: Page, app: App) -> None:
    Stream.objects.create(organization=app.organization, name="Support")
    told = ask(
        shop,
        """async () => {
          const { device } = window;
          window.messages = [];
          device.on('message', ({ text }) => window.messages.push(text));
          await device.connect();
          const guest = await device.removeUserId();
          const { userId } = await device.setUserId('bea');
          const said = await device.publish({ text: 'Hi', category: 'loans' });
          const [stream] = await device.threads.streams();
          const thread = await device.threads.create({ streamName: stream.name });
          return [guest.userId, userId, thread.stream_name, said.category, said.status];
        }""",
    )
    assert told[0].startswith("guest-")
    assert told[1:] == ["bea", "Support", "loans", 2]
    said = Inbound.objects.get()
    assert (said.address, said.body["category"]) == ("bea", "loans")
    shop.wait_for_function("() => window.device.state === 'connected'")
    body = {"tid": str(uuid7()), "message": "for Bea", "channel": "rt"}
    link.publish([(downlink(app.app_id, "bea"), json.dumps(body).encode())])
    shop.wait_for_function("() => window.messages.includes('for Bea')")
    assert Device.objects.get().user_id == "bea"
