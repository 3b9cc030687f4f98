"""The JavaScript SDK in a real browser, against the real server."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from tests.serving import in_thread
from tests.waiting import PATIENCE, PATIENCE_MS, wait_until

NO_ANSWER = f"the page has not answered within {PATIENCE:.0f} seconds"


@pytest.fixture
def app(admin: Member) -> App:
    """An app whose devices may be pages of any site."""
    return apps.create_app(
        member=admin,
        name="Web shop",
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(allowed_origins=("*",), profile_required=False),
    )


@pytest.fixture
def other_site() -> Iterator[str]:
    """An empty page of another origin, without the console's policy."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>Shop</title><h1>Shop</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with in_thread(server):
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def shop(page: Page, context: BrowserContext, other_site: str) -> Page:
    """A page of another site."""
    page.goto(other_site)
    return page


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds; Playwright's own way needs eval."""
    wait_until(lambda: page.evaluate(f"() => {expression}"), expression)


def ask(page: Page, function: str, argument: Any = None) -> Any:
    """Call a function in the page and wait for its promise, but not for ever."""
    return page.evaluate(
        f"""(argument) => Promise.race([
          ({function})(argument),
          new Promise((_, fail) => setTimeout(fail, {PATIENCE_MS}, new Error({NO_ANSWER!r}))),
        ])""",
        argument,
    )


def run(page: Page, site: str, script: str, *arguments: Any) -> Any:
    """Run the body of an async function in the page; ``load(name)`` imports an SDK module."""
    return ask(
        page,
        f"""async ([site, ...args]) => {{
          const load = (name) => import(`${{site}}/static/sdk/${{name}}.js`);
          {script}
        }}""",
        [site, *arguments],
    )


def test_a_page_of_another_site_is_a_device(shop: Page, live_site: str, app: App) -> None:
    key = apps.current_client_key(app).secret
    told = run(
        shop, live_site,
        """
        const { startup } = await load('imiconnect');
        const device = startup(args[0], args[1], { domain: site });
        const states = [];
        device.on('connection', ({ state }) => states.push(state));
        const { userId } = await device.register({ userId: 'ana maria' });
        await device.connect();
        const thread = await device.threads.create({ title: 'Order 17' });
        const { threads } = await device.threads.list();
        await device.disconnect();
        return { userId, states, found: threads.some(({ id }) => id === thread.id) };
        """,
        app.app_id, key,
    )  # fmt: skip
    assert told["userId"] == "ana maria"
    assert told["states"] == ["connecting", "connected", "closed"]
    assert told["found"]


def test_a_wrong_key_is_error_6101(shop: Page, live_site: str, app: App) -> None:
    code = run(
        shop, live_site,
        """
        const { startup } = await load('imiconnect');
        const device = startup(args[0], 'wrong', { domain: site });
        return device.register({ userId: 'ana' }).catch(({ code, gateway }) => [code, gateway]);
        """,
        app.app_id,
    )  # fmt: skip
    assert code == [6101, 26]


def test_misuse_has_the_documented_numbers(shop: Page, live_site: str) -> None:
    codes = run(
        shop, live_site,
        """
        const { startup } = await load('imiconnect');
        const codeOf = (act) => { try { act(); return 0; } catch ({ code }) { return code; } };
        const device = startup('AB12345678', 'key', { domain: site });
        const gone = startup('AB12345679', 'key', { domain: 'http://127.0.0.1:9' });
        return [
          codeOf(() => startup('nonsense', 'key')),
          codeOf(() => startup('AB12345678', 'key')),
          await device.connect().catch(({ code }) => code),
          await gone.register({ userId: 'ana' }).catch(({ code }) => code),
        ];
        """,
    )  # fmt: skip
    assert codes == [6004, 6001, 6002, 6100]


def test_a_message_is_new_once_even_after_a_reload(shop: Page, live_site: str) -> None:
    script = """
        const { Store } = await load('storage');
        const { Seen } = await load('seen');
        const seen = new Seen(new Store('AB12345678'), 'd1');
        return args.map((tid) => seen.add({ type: 'message', deviceId: '', tid }));
        """
    assert run(shop, live_site, script, "a", "b", "a") == [True, True, False]
    by_name = script.replace("deviceId: ''", "deviceId: 'd1'")
    assert run(shop, live_site, by_name, "a", "c") == [False, True]
    assert run(shop, live_site, by_name.replace("'message'", "'messageRead'"), "a") == [True]
    shop.reload()
    many = [str(number) for number in range(499)]
    assert run(shop, live_site, script, "b", *many, "a", "499") == [
        False, *[True] * 499, True, True,
    ]  # fmt: skip


def test_what_waits_is_said_in_order_after_a_reload(shop: Page, live_site: str) -> None:
    def keep(answers: str) -> Any:
        return run(
            shop, live_site,
            f"""
            const {{ Store }} = await load('storage');
            const {{ Outbox }} = await load('outbox');
            const {{ SdkError, ErrorCode }} = await load('errors');
            const offline = new SdkError(ErrorCode.SERVER_UNREACHABLE, 'offline');
            const said = [];
            const send = async (item) => {{ {answers} said.push(item.id); }};
            const outbox = new Outbox(new Store('AB12345678'), send, () => {{}});
            await outbox.flush();
            for (const id of args) await outbox.add({{ id, kind: 'mo', body: {{}} }});
            const waiting = outbox.size;
            outbox.clear = () => {{}};
            return [said, waiting];
            """,
            *(["1", "2"] if "throw" in answers else ["3"]),
        )  # fmt: skip

    assert keep("throw offline;") == [[], 2]
    shop.reload()
    assert keep("") == [["1", "2", "3"], 0]


def test_what_is_dropped_because_too_much_waits_is_told(shop: Page, live_site: str) -> None:
    result = run(
        shop, live_site,
        """
        const { Store } = await load('storage');
        const { Outbox } = await load('outbox');
        const { SdkError, ErrorCode } = await load('errors');
        const offline = new SdkError(ErrorCode.SERVER_UNREACHABLE, 'offline');
        const failed = [];
        const done = ({ id }, { error }) => failed.push([id, error.code]);
        const outbox = new Outbox(new Store('AB12345678', null), async () => { throw offline; },
          done);
        for (let id = 0; id < 1002; id += 1) await outbox.add({ id, kind: 'mo', body: {} });
        const { size } = outbox;
        outbox.clear();
        return [failed, size];
        """,
    )  # fmt: skip
    assert result == [[[0, 6202], [1, 6202]], 1000]


def test_the_back_off_grows_with_chance_up_to_a_minute(shop: Page, live_site: str) -> None:
    delays = run(
        shop, live_site,
        """
        const { delayAfter } = await load('backoff');
        return [1, 2, 3, 50].flatMap((n) => [delayAfter(n, () => 0), delayAfter(n, () => 1)]);
        """,
    )  # fmt: skip
    assert delays == [500, 1000, 1000, 2000, 2000, 4000, 30000, 60000]
