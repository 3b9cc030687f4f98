"""Forms on a phone and their answers; and interactive content above 10 KB, by reference."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.apple_business_chat import form_messages, pickers, sealing
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.models import App, HookEvent
from imiconnect.sandbox.apple_business_chat import mmcs
from imiconnect.sandbox.apple_business_chat.world import store
from tests.apps.apple.conftest import Send

PLAY = "/tools/sandbox/apple_business_chat/"
Taken = list[tuple[str, Event]]
KIND = {
    "type": "select",
    "identifier": "kind",
    "subtitle": "What is it about?",
    "items": [
        {"identifier": "new", "title": "A new order", "next": "day"},
        {"identifier": "old", "title": "An old order", "next": "number"},
    ],
}
NUMBER = {
    "type": "input",
    "identifier": "number",
    "title": "Number",
    "subtitle": "Which order?",
    "required": True,
    "maximum": 12,
    "keyboard": "numberPad",
    "next": "day",
}
DAY = {
    "type": "datePicker",
    "identifier": "day",
    "subtitle": "When do you come?",
    "minimum": "2026-09-01",
    "next": "extras",
}
EXTRAS = {
    "type": "select",
    "identifier": "extras",
    "subtitle": "What else?",
    "multiple": True,
    "items": [{"identifier": "a", "title": "Tea"}, {"identifier": "b", "title": "Cake"}],
    "next": "size",
}
SIZE = {
    "type": "picker",
    "identifier": "size",
    "subtitle": "How many are you?",
    "items": [{"identifier": "1", "title": "One"}, {"identifier": "2", "title": "Two"}],
}
FORM: dict[str, Any] = {
    "template_type": "form",
    "title": "Book a visit",
    "reply": "Thank you",
    "summary": True,
    "splash": {"header": "Five questions"},
    "pages": [KIND, NUMBER, DAY, EXTRAS, SIZE],
}
ANSWERS = {
    "page-0": "old",
    "page-1": "4711",
    "page-2": "2026-09-03",
    "page-3": ["a", "b"],
    "page-4": "2",
}


def on_the_phone() -> tuple[str, dict[str, Any]]:
    ((key, kept),) = store.all("message", out=False)
    return key, kept["body"]


def fill(client: Client, phone: str, **answers: Any) -> None:
    key, _body = on_the_phone()
    told = {name.replace("page", "page-"): value for name, value in answers.items()}
    client.post(PLAY, {"act": "fill", "customer": phone, "message": key, **ANSWERS, **told})


def answer(taken: Taken) -> Incoming:
    hooks.work_through()
    (event,) = [event for _app, event in taken]
    assert isinstance(event, Incoming)
    return event


def test_a_form_is_filled_in_page_by_page(
    send: Send, signed_in: Client, phone: str, taken: Taken
) -> None:
    send(template=FORM)
    key, body = on_the_phone()
    form = body["interactiveData"]["data"]["dynamic"]["data"]
    assert [page["submitForm"] for page in form["pages"]] == [False] * 4 + [True]
    assert form["pages"][2]["options"]["minimumDate"] == "09/01/2026"
    opened = signed_in.post(PLAY, {"act": "open_form", "customer": phone, "message": key})
    assert "Which order?" in signed_in.get(opened["Location"]).text
    fill(signed_in, phone)
    event = answer(taken)
    assert event.text == (
        "What is it about?: An old order; Number: 4711; When do you come?: 09/03/2026; "
        "What else?: Tea, Cake; How many are you?: Two"
    )
    assert event.extras["request"] == key
    assert event.extras["form"][1] == {
        "page": "number",
        "question": "Which order?",
        "items": [{"identifier": "number", "title": "4711", "value": "4711"}],
    }
    assert "Two" in signed_in.get(PLAY).text


def test_a_page_that_an_answer_skips_is_not_in_the_answer(
    send: Send, signed_in: Client, phone: str, taken: Taken
) -> None:
    send(template=FORM)
    fill(signed_in, phone, page0="new")
    pages = [page["page"] for page in answer(taken).extras["form"]]
    assert pages == ["kind", "day", "extras", "size"]


def test_the_phone_sends_no_form_without_a_required_answer(
    send: Send, signed_in: Client, phone: str, taken: Taken
) -> None:
    send(template=FORM)
    fill(signed_in, phone, page1="")
    hooks.work_through()
    assert not taken


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pages": []}, "at least one page"),
        ({"title": "x" * 513}, "512 characters"),
        ({"pages": [KIND, DAY]}, "leads to one that does not come after it"),
        ({"pages": [SIZE, SIZE]}, "identifier of its own"),
        ({"pages": [SIZE | {"identifier": "x" * 20}]}, "19 characters"),
        ({"pages": [SIZE | {"items": []}]}, "something to choose"),
        ({"pages": [SIZE | {"selected": 2}]}, "counted from 0"),
        ({"pages": [SIZE | {"type": "slider"}]}, "not as documented"),
        ({"pages": [NUMBER | {"next": "", "keyboard": "runes"}]}, "not as documented"),
        ({"pages": [NUMBER | {"next": "", "maximum": 0}]}, "number of characters"),
        ({"pages": [NUMBER | {"next": "", "multiline": True, "label": "No"}]}, "one line"),
        ({"pages": [DAY | {"next": "", "maximum": "2026-08-01"}]}, "in this order"),
        ({"pages": [EXTRAS | {"items": KIND["items"]}, SIZE]}, "lead to no page"),
    ],
)
def test_a_form_that_apple_would_not_take_says_why(change: dict[str, Any], words: str) -> None:
    assert words in str(pickers.problem_of(FORM | change))


def long_form() -> dict[str, Any]:
    """A form whose items are above 10 KB."""
    items = [{"identifier": str(n), "title": f"Choice {n} {'x' * 60}"} for n in range(120)]
    return FORM | {"pages": [SIZE | {"items": items, "type": "select"}]}


def test_a_large_form_goes_by_an_encrypted_reference(
    send: Send, signed_in: Client, phone: str
) -> None:
    send(template=long_form())
    _key, body = on_the_phone()
    reference = body["interactiveDataRef"]
    assert reference["title"] == "Book a visit"
    kept = store.get("file", reference["url"].rpartition("/")[2])
    assert kept
    assert reference["key"].startswith("00")
    plain = mmcs.opened(reference)
    assert plain
    assert len(plain) == int(reference["size"])
    assert "Choice 119" in str(body["interactiveData"]["data"])
    assert "Book a visit" in signed_in.get(PLAY).text


def test_the_double_takes_no_reference_that_its_key_does_not_open(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = sealing.seal
    monkeypatch.setattr(sealing, "seal", lambda data: ("00" + "0" * 64, seal(data)[1]))
    with pytest.raises(ChannelError) as found:
        send(template=long_form())
    assert found.value.outcome.name == "content"
    assert not store.all("message")


def test_a_large_answer_is_fetched_and_read_before_it_is_told(
    send: Send, signed_in: Client, phone: str, taken: Taken
) -> None:
    send(template=FORM | {"pages": [NUMBER | {"next": ""}]})
    key, _body = on_the_phone()
    words = "4711 " * 3000
    told = {"act": "fill", "customer": phone, "message": key, "page-0": words}
    signed_in.post(PLAY, told)
    assert b"interactiveDataRef" in hooks_body()
    event = answer(taken)
    assert event.text == f"Number: {words.strip()}"
    assert event.at_provider == {}
    row = HookEvent.objects.get()
    assert (bytes(row.body), row.files, row.some_files) == (b"", None, None)


def test_a_large_answer_that_apple_does_not_give_out_comes_as_its_title(
    send: Send, linked: App, signed_in: Client, phone: str, taken: Taken
) -> None:
    send(template=FORM | {"pages": [NUMBER | {"next": ""}]})
    key, _body = on_the_phone()
    told = {"act": "fill", "customer": phone, "message": key, "page-0": "4711 " * 3000}
    signed_in.post(PLAY, told)
    store.set_switches({"down"})
    later = timezone.now()
    for _try in range(5):
        hooks.work_through(now=later)
        later += dt.timedelta(hours=1)
    (event,) = [event for _app, event in taken]
    assert isinstance(event, Incoming)
    assert event.text == "Answer"


def hooks_body() -> bytes:
    """Return the call that waits, unpacked."""
    import gzip

    return gzip.decompress(bytes(HookEvent.objects.get().body))


@pytest.mark.parametrize("items", [5, "text", {"title": "Blue"}, None, [7]])
def test_an_answer_whose_items_are_none_has_no_words(items: object) -> None:
    page = {"pageIdentifier": "colour", "title": "Colour", "items": items}
    told = {"dynamic": {"template": "messageForms", "selections": [page]}}
    found = form_messages.answers_in(told)
    assert found is not None
    assert found[0] == "Colour: "
