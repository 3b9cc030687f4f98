"""The JavaScript SDK and the options of in-app messaging, in a real browser."""

import base64
import json
import re
import time
from typing import Any

import jwt
import msgspec
import pytest
from playwright.sync_api import Page

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.channel_types.mobile_web.messaging import set_messaging
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.apps.push.services import renew_payload_key
from imiconnect.rtm.broker import link
from imiconnect.rtm.models import Customer, Device, Inbound, Thread, UserPin
from imiconnect.rtm.onboarding.codes import code_of
from imiconnect.rtm.protocol.sealing import seal, unseal
from imiconnect.rtm.protocol.topics import updates
from imiconnect.rtm.sealing import sealer
from imiconnect.vault import digest
from tests.browser.test_sdk import ask, run, until

SECRET = base64.b64encode(bytes(range(64))).decode()
START = """
const { startup } = await load('imiconnect');
const [appId, key] = args;
const begin = async (deviceId, options = {}) => {
  const store = new Map();
  const storage = {
    getItem: (name) => store.get(name) ?? null,
    setItem: (name, text) => store.set(name, text),
    removeItem: (name) => store.delete(name),
  };
  const { Client } = await load('client');
  const device = new Client(appId, key, { domain: site, storage, ...options });
  await device.register({ userId: 'jane', deviceId });
  return device;
};
const until = async (holds) => {
  while (!holds()) await new Promise((done) => setTimeout(done, 20));
};
"""


@pytest.fixture
def app(admin: Member) -> App:
    """An app with an inbox whose devices are browsers."""
    return apps.create_app(
        member=admin,
        name="Web shop",
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(profile_required=False, server_inbox=True),
    )


@pytest.fixture
def here(page: Page, live_site: str) -> Page:
    """A page of the platform itself."""
    page.goto(f"{live_site}/static/sdk/imiconnect.js")
    return page


def switch(app: App, **changes: Any) -> App:
    """Change an app's policy as pages do."""
    changed: Policy = msgspec.structs.replace(policy_of(app), **changes)
    return apps.set_policy(app=app, policy=changed)


def with_keys(page: Page, site: str, app: App, script: str, *more: Any) -> Any:
    """Run a script that has begun to use the app."""
    key = apps.current_client_key(app).secret
    return run(page, site, START + script, app.app_id, key, *more)


def test_the_browser_and_the_server_read_one_another(here: Page, live_site: str) -> None:
    key, plain = bytes(range(32)), json.dumps({"text": "Grüße 🙂" * 2000})
    told = run(
        here, live_site,
        """
        const { seal, unseal } = await load('sealing');
        const [key, sealed, foreign] = args;
        const words = await unseal(key, foreign).catch(({ code, reason }) => [code, reason]);
        return { opened: await unseal(key, sealed), made: await seal(key, { a: 'ü' }), words };
        """,
        base64.b64encode(key).decode(),
        seal(key, plain.encode()).decode(),
        seal(b"k" * 32, b"{}").decode(),
    )  # fmt: skip
    assert told["opened"] == json.loads(plain)
    assert json.loads(unseal([key], told["made"])) == {"a": "ü"}
    assert told["words"] == [6102, "encryption"]


def test_a_browser_speaks_and_hears_encrypted_and_follows_a_new_key(
    here: Page, live_site: str, app: App
) -> None:
    switch(app, payload_encryption=True)
    here.evaluate("window.heard = []; window.sent = [];")
    told = with_keys(
        here, live_site, app,
        """
        const fetched = window.fetch;
        window.fetch = (url, options) => {
          window.sent.push(options.body ?? '');
          return fetched(url, options);
        };
        const device = await begin('browser');
        device.on('message', ({ text }) => window.heard.push(text));
        device.on('error', ({ reason }) => window.heard.push(reason));
        await device.connect();
        await device.threads.create({ title: 'Loan' });
        const { tid } = await device.publish({ text: 'Secret' });
        const { threads } = await device.threads.list();
        window.device = device;
        return { tid, titles: threads.map(({ title }) => title), sent: window.sent };
        """,
    )  # fmt: skip
    assert Inbound.objects.get().body["message"] == "Secret"
    assert told["tid"] == str(Inbound.objects.get().pk)
    assert told["titles"] == ["Loan"] == [thread.title for thread in Thread.objects.all()]
    assert not [body for body in told["sent"] if re.search("Secret|Loan", body or "")]
    topic = f"{app.app_id}/jane"
    for number in range(2):
        app.refresh_from_db()
        plain = json.dumps({"tid": f"t{number}", "message": f"Hello {number}"}).encode()
        assert link.publish([(topic, sealer(app)("jane", plain))]) == [True]
        until(here, f"window.heard.includes('Hello {number}')")
        renew_payload_key(app=app)
    assert link.publish([(topic, seal(b"k" * 32, b'{"tid":"t9"}'))]) == [True]
    until(here, "window.heard.includes('encryption')")


def test_a_live_browser_follows_the_switch(here: Page, live_site: str, app: App) -> None:
    with_keys(
        here, live_site, app,
        """
        const device = (window.device = await begin('browser'));
        device.on('policy', (policy) => (window.policy = policy));
        await device.connect();
        """,
    )  # fmt: skip
    switch(app, payload_encryption=True)
    assert link.publish([(updates(app.app_id, "chrome"), b"{}")]) == [True]
    until(here, "window.policy?.features.encryption === '1'")
    assert here.evaluate("window.device.session.payloadKey")


def test_a_token_is_asked_for_and_again_when_it_is_refused(
    here: Page, live_site: str, app: App
) -> None:
    policy: Policy = msgspec.structs.replace(policy_of(app), jwt_authorization=True)
    set_messaging(app=app, policy=policy, jwt_secret=SECRET)
    given = [
        jwt.encode({"appId": app.app_id, "userId": user, **more}, base64.b64decode(SECRET))
        for user, more in (("mallory", {}), ("jane", {"exp": 1}), ("jane", {}))
    ]
    told = with_keys(
        here, live_site, app,
        """
        const given = [...args[2]];
        let asked = 0;
        const tokenProvider = async () => given[asked++];
        const device = await begin('browser', { tokenProvider }).catch((error) => error);
        const first = [device.code, device.reason];
        const again = await begin('browser', { tokenProvider: () => given[2] });
        const sent = await again.publish({ text: 'Hi' });
        const none = await begin('browser').catch(({ code, reason }) => [code, reason]);
        return { first, asked, tid: sent.tid, none };
        """,
        given,
    )  # fmt: skip
    assert told["first"] == [6101, "jwt"], "the second token had ended"
    assert told["asked"] == 2
    assert told["tid"] == str(Inbound.objects.get().pk)
    assert told["none"] == [6101, "jwt"]


def test_a_message_waits_while_the_apps_server_gives_no_token_and_goes_out_once_it_does(
    here: Page, live_site: str, app: App
) -> None:
    policy: Policy = msgspec.structs.replace(policy_of(app), jwt_authorization=True)
    set_messaging(app=app, policy=policy, jwt_secret=SECRET)
    names = {"appId": app.app_id, "userId": "jane"}
    given = [
        # The first is within the margin of its end, so another is asked for at the next call.
        jwt.encode({**names, "exp": int(time.time()) + left}, base64.b64decode(SECRET))
        for left in (4, 600)
    ]
    told = with_keys(
        here, live_site, app,
        """
        const given = [...args[2]];
        window.pauses = 0;
        const isAway = () => given.length === 1 && window.pauses < 2;
        const tokenProvider = async () => {
          if (isAway()) throw new TypeError('Failed to fetch');
          return given.shift();
        };
        const device = (window.device = await begin('browser', { tokenProvider }));
        device.on('connection', ({ state }) => (window.pauses += state === 'waiting'));
        const { tid } = await device.publish({ text: 'Hi' });
        return { tid, waiting: device.waiting };
        """,
        given,
    )  # fmt: skip
    assert told == {"tid": "", "waiting": 1}
    Device.objects.update(access_token_digest=digest("another"))
    ask(here, "() => window.device.connect()")
    until(here, "window.device.waiting === 0")
    assert Inbound.objects.get().body["message"] == "Hi"


def test_the_older_browser_learns_why_and_does_not_come_back(
    here: Page, live_site: str, app: App
) -> None:
    switch(app, single_device_per_user=True)
    told = with_keys(
        here, live_site, app,
        """
        const old = await begin('old');
        const states = [];
        old.on('connection', ({ state, error }) => {
          states.push([state, error?.code, error?.reason]);
        });
        await old.connect();
        const away = await begin('away');
        await until(() => old.state === 'refused');
        const next = await begin('new');
        await next.connect();
        const late = await away.connect().catch(({ code, reason }) => [code, reason]);
        return { last: states.at(-1), session: old.session, late, next: next.state };
        """,
    )  # fmt: skip
    assert told["last"] == ["refused", 6006, "replaced"]
    assert told["session"] is None
    assert told["late"] == [6006, "replaced"]
    assert told["next"] == "connected"
    assert Device.objects.get(unregistered_at=None).device_id == "new"


def test_a_browser_takes_of_the_policy_what_it_can(here: Page, live_site: str) -> None:
    told = run(
        here, live_site,
        """
        const { socketUrls } = await load('transports');
        const mqtt = { name: 'mqtt' };
        const socket = { name: 'websocket' };
        const secured = [{ ...mqtt, port: 8883 }, { ...socket, port: 8884 }];
        const web = { url: 'ws://gw.test/mqtt' };
        const tls = { url: 'wss://gw.test/mqtt' };
        return [
          socketUrls(web, { transports: [mqtt] }, ''),
          socketUrls(web, { transports: secured }, ''),
          socketUrls(tls, { transports: secured }, ''),
          socketUrls(web, { transports: [secured[0]] }, ''),
          socketUrls(undefined, {}, 'https://gw.test'),
        ];
        """,
    )  # fmt: skip
    assert told == [
        ["ws://gw.test/mqtt"],
        ["wss://gw.test:8884/mqtt"],
        ["wss://gw.test:8884/mqtt", "wss://gw.test/mqtt"],
        [],
        ["wss://gw.test/mqtt"],
    ]


def test_a_user_id_is_proved_by_a_pin(here: Page, live_site: str, app: App) -> None:
    Customer.objects.create(
        organization=app.organization, customer_id="ana", attributes={"msisdn": "447400123456"}
    )
    App.objects.update(policy=app.policy | {"pin_required": True, "pin_sender_id": "ACME"})
    script = """
    const { startup } = await load('imiconnect');
    const device = startup(args[0], args[1], { storage: sessionStorage });
    const reason = await device.register({ userId: 'ana' }).catch((error) => error.reason);
    return { reason, ...(await device.authentication.generatePin('ana')) };
    """
    key = apps.current_client_key(app).secret
    asked = run(here, live_site, script, app.app_id, key)
    assert asked == {"reason": "pin", "expiresIn": 1800}
    script = """
    const { shutdown, startup } = await load('imiconnect');
    await shutdown(args[0]);
    const device = startup(args[0], args[1], { storage: sessionStorage });
    const { authentication } = device;
    const wrong = await authentication.validatePin('ana', 'x').catch((error) => error.reason);
    await authentication.validatePin('ana', args[2]);
    return [wrong, (await device.register({ userId: 'ana' })).userId];
    """
    pin = code_of(UserPin.objects.get().pk)
    assert run(here, live_site, script, app.app_id, key, pin) == ["pin", "ana"]
