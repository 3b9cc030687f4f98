"""What customers send besides text is seen on the desk: answers, buttons, files."""

import io
from typing import Any

import pytest
from PIL import Image

from imiconnect.accounts.models import Member
from imiconnect.rtm.desk import services
from imiconnect.rtm.media import addresses
from imiconnect.rtm.media.services import store
from imiconnect.rtm.models import MediaFile, Message
from tests.rtm.desk.conftest import Scene


def say(scene: Scene, **payload: Any) -> Message:
    """Let the customer have sent this instead."""
    message: Message = Message.objects.get(thread=scene.cards)
    message.payload = payload
    message.save()
    return message


def talk(scene: Scene, client: Any) -> str:
    """Return the messages as the desk draws them."""
    page = client.get(f"/conversations/{scene.cards.pk}/").content.decode()
    return str(page.partition('class="desk-said"')[2].partition("</ol>")[0])


def picture() -> bytes:
    """Return a small image."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


def kept(scene: Scene, data: bytes, kind: str) -> MediaFile:
    """Store a file of the customer's."""
    return store(app=scene.cards.app, user_id="u1", data=data, content_type=kind, preview=False)


FORM = {"type": "formResponse", "payload": {"<b>Name</b>": "Grace <i>H</i>", "Days": [1, 2]}}


def test_the_answers_of_a_form_are_read_and_escaped(scene: Scene, client_of: Any) -> None:
    say(scene, message="", interactiveData=FORM)
    html = talk(scene, client_of(scene.ann))
    assert "Form answer" in html
    assert "<dt>&lt;b&gt;Name&lt;/b&gt;</dt><dd>Grace &lt;i&gt;H&lt;/i&gt;</dd>" in html
    assert "<dt>Days</dt><dd>1, 2</dd>" in html


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (
            {
                "message": "Blue",
                "interactiveData": {
                    "type": "quickReplyPostback", "title": "Blue", "payload": "COLOUR_7",
                },
            },
            ["Blue", "Quick reply", "COLOUR_7"],
        ),
        (
            {
                "message": "",
                "interactiveData": {
                    "type": "templatePostback", "title": "Talk to us", "payload": {"a": 1},
                },
            },
            ["Button pressed", "Talk to us", "<dt>a</dt><dd>1</dd>"],
        ),
        ({"message": "", "event": "referral", "extras": {"ref": "summer"}}, ["summer"]),
        ({"message": "", "media": [{"latitude": 51.5, "longitude": -0.1}]}, ["51.5, -0.1"]),
        ({"message": "", "interactiveData": ["x"], "media": "y"}, ["No text"]),
    ],
)  # fmt: skip
def test_what_is_no_text_is_seen(
    scene: Scene, client_of: Any, payload: dict[str, Any], words: list[str]
) -> None:
    say(scene, **payload)
    html = talk(scene, client_of(scene.ann))
    for word in words:
        assert word in html


def test_the_list_names_what_came_without_words(scene: Scene, client_of: Any) -> None:
    say(scene, message="", interactiveData=FORM)
    rows = client_of(scene.ann).get("/conversations/").context["rows"]
    assert rows[0].preview == "Form answer: 1, 2 · Grace <i>H</i>"


def test_a_picture_whose_address_has_expired_is_seen_again(
    scene: Scene, client_of: Any
) -> None:
    row = kept(scene, picture(), "image/png")
    old = addresses.address(scene.cards.app.app_id, row.pk, now=1.0)
    message = say(scene, message="", media=[{"file": old, "contentType": "image/png"}])
    client = client_of(scene.ann)
    url = f"/conversations/{scene.cards.pk}/files/{message.pk}/0/"
    assert f'<img src="{url}?preview=1"' in talk(scene, client)
    assert client.get(old).status_code == 410
    for part in ("", "?preview=1"):
        led = client.get(url + part)
        assert led.status_code == 302
        sent = client.get(led.headers["Location"])
        assert b"".join(sent.streaming_content) == picture()


def test_only_who_sees_the_conversation_gets_its_files(
    scene: Scene, viewer: Member, outsider: Member, client_of: Any
) -> None:
    row = kept(scene, picture(), "image/png")
    file = addresses.address(scene.cards.app.app_id, row.pk)
    message = say(scene, message="", media=[{"file": file}])
    services.take(thread=scene.cards, agent=scene.ann)
    url = f"/conversations/{scene.cards.pk}/files/{message.pk}/"
    assert client_of(scene.ann).get(f"{url}0/").status_code == 302
    assert client_of(scene.ann).get(f"{url}1/").status_code == 404
    assert client_of(scene.ben).get(f"{url}0/").status_code == 404
    assert client_of(outsider).get(f"{url}0/").status_code == 404
    assert client_of(viewer).get(f"{url}0/").status_code == 403
    other = f"/conversations/{scene.account.pk}/files/{message.pk}/0/"
    assert client_of(scene.ann).get(other).status_code == 404


def test_a_file_that_nobody_signed_is_not_handed_out(scene: Scene, client_of: Any) -> None:
    row = kept(scene, picture(), "image/png")
    path = addresses.path(scene.cards.app.app_id, row.pk)
    message = say(scene, message="", media=[{"file": path, "contentType": "image/png"}])
    url = f"/conversations/{scene.cards.pk}/files/{message.pk}/0/"
    assert client_of(scene.ann).get(url).status_code == 404


def test_a_file_that_is_deleted_is_said_to_be_gone(scene: Scene, client_of: Any) -> None:
    row = kept(scene, b"%PDF-1.7", "application/pdf")
    file = addresses.address(scene.cards.app.app_id, row.pk)
    say(scene, message="", media=[{"file": file, "contentType": "application/pdf"}])
    client = client_of(scene.ann)
    assert "application/pdf" in talk(scene, client)
    row.delete()
    assert "not kept any more" in talk(scene, client)


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://files.example/a.pdf", True),
        ("javascript:alert(1)", False),
        ("http://[x", False),
        ("data:text/html,x", False),
    ],
)
def test_only_addresses_of_the_web_are_links(
    scene: Scene, client_of: Any, address: str, *, is_link: bool
) -> None:
    say(scene, message="", media=[{"file": address, "contentType": "application/pdf"}])
    html = talk(scene, client_of(scene.ann))
    assert (f'href="{address}"' in html) is is_link
    assert "javascript:" not in html


def test_a_file_for_which_there_was_no_room_is_said_on_desk_log_and_journey(
    scene: Scene, client_of: Any
) -> None:
    lost = {"contentType": "audio", "missing": "storage_full"}
    message = say(scene, message="", media=[lost])
    client = client_of(scene.ann)
    assert "not kept: the app’s storage is full" in talk(scene, client)
    words = "A file was not kept: the storage is full"
    assert words in client.get("/messages/").content.decode()
    assert words in client.get(f"/messages/{message.pk}/").content.decode()
