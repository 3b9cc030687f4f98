"""Agents send files: what the channel takes, said before and after, once, and erased."""

import io
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.rtm.customers.erasing import erase_due, request_erasure
from imiconnect.rtm.desk import files, services
from imiconnect.rtm.desk.files import Attached, checked, contents, limits_of
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.intake import media
from imiconnect.rtm.media import parsing
from imiconnect.rtm.models import Assignment, Device, MediaFile, Message, Thread
from imiconnect.sharing.models import Allocation, Service
from tests.rtm.desk.conftest import Scene

PDF = b"%PDF-1.7 the terms"
real = pytest.mark.django_db(transaction=True)


def picture() -> bytes:
    """Return a small image."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


def form(text: str, *chosen: tuple[str, bytes, str], **more: str) -> dict[str, Any]:
    """Return what a browser sends of the form, with or without a script."""
    return {"text": text, "files": [SimpleUploadedFile(*one) for one in chosen], **more}


def path(scene: Scene) -> str:
    """Return where the answer to the question about the card goes."""
    return f"/conversations/{scene.cards.pk}/reply/"


def sent() -> list[Message]:
    """Return what went to the customer."""
    return list(Message.objects.filter(direction=0).order_by("id"))


@real
def test_a_text_and_files_go_to_devices_as_one_message(scene: Scene, client_of: Any) -> None:
    client = client_of(scene.ann)
    page = client.get(f"/conversations/{scene.cards.pk}/").content.decode()
    assert "PNG" in page and "up to 5.0\xa0MB" in page and "Up to 5 files" in page
    chosen = ("card.png", picture(), "image/png"), ("<i>terms.pdf", PDF, "x/y")
    answer = client.post(path(scene), form("Here it is.", *chosen))
    assert answer.status_code == 302
    (message,) = sent()
    assert message.payload["message"] == "Here it is."
    first, second = message.payload["media"]
    assert (first["name"], first["contentType"]) == ("card.png", "image/png")
    assert (second["contentType"], second["size"]) == ("application/pdf", len(PDF))
    address = urlsplit(first["file"])
    opened = client.get(f"{address.path}?{address.query}")
    assert b"".join(opened.streaming_content) == picture()
    assert set(MediaFile.objects.values_list("user_id", flat=True)) == {"u1"}
    page = client.get(answer.headers["Location"]).content.decode()
    drawn = f'/files/{message.pk}/0/?preview=1" alt="Picture: card.png" loading="lazy">'
    assert drawn in page
    assert "&lt;i&gt;terms.pdf" in page


@real
def test_a_file_alone_is_an_answer_and_nothing_at_all_is_none(
    scene: Scene, client_of: Any
) -> None:
    client = client_of(scene.ann)
    empty = client.post(path(scene), form(" "))
    assert (empty.status_code, sent()) == (422, [])
    assert "Enter your answer" in empty.content.decode()
    client.post(path(scene), form("", ("a.pdf", PDF, "application/pdf")))
    assert [message.payload["message"] for message in sent()] == [""]


@real
@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ([("run.exe", b"MZ", "application/pdf")], "run.exe: Files of this type are not taken."),
        ([("a.pdf", b"", "application/pdf")], "a.pdf: The file is empty."),
        ([("a.pdf", PDF, "application/pdf")] * 6, "Send at most 5 files with one answer."),
        (
            [("a.png", b"\x89" * (parsing.MAX_IMAGE + 1), "image/png")],
            "a.png: The image is larger than 5 MB.",
        ),
        ([("a.pdf", PDF + b" " * 11_000_000, "application/pdf")] * 2, "more than 20 MB"),
    ],
)
def test_a_file_that_is_not_taken_is_named_and_nothing_is_sent(
    scene: Scene, client_of: Any, chosen: list[Any], sentence: str
) -> None:
    answer = client_of(scene.ann).post(path(scene), form("Keep this", *chosen))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page and "Keep this" in page and "Choose the files again." in page
    assert (sent(), MediaFile.objects.count()) == ([], 0)
    assert not Assignment.objects.exists()


@real
def test_a_button_pressed_twice_sends_once(scene: Scene, client_of: Any) -> None:
    client, token = client_of(scene.ann), str(uuid.uuid4())
    for _press in range(2):
        body = form("Here", ("a.pdf", PDF, "application/pdf"), once=token)
        assert client.post(path(scene), body).status_code == 302
    assert (len(sent()), MediaFile.objects.count()) == (1, 1)


@real
def test_an_answer_whose_form_broke_off_is_not_sent_again(scene: Scene) -> None:
    """The form's token is free again after a fault, although the message was accepted."""
    once, file = uuid.uuid4(), Attached("a.pdf", "application/pdf", PDF)
    tries = [
        services.reply(thread=scene.cards, agent=scene.ann, text="", files=[file], once=once)
        for _try in range(2)
    ]
    assert tries[0][0].transid == tries[1][0].transid
    with pytest.raises(services.SentBefore):
        services.reply(thread=scene.cards, agent=scene.ann, text="New", once=once)
    assert (len(sent()), MediaFile.objects.count()) == (1, 1)


@real
def test_what_is_not_sent_is_not_kept(scene: Scene, service: Service, rtm_app: App) -> None:
    file = Attached("a.pdf", "application/pdf", PDF + b" " * 600_000)

    def refused() -> str:
        with pytest.raises(ValidationError) as told:
            services.reply(thread=scene.cards, agent=scene.ann, text="", files=[file, file])
        return str(told.value)

    policy = rtm_app.policy
    App.objects.filter(pk=rtm_app.pk).update(policy=policy | {"media_megabytes": 1})
    scene.cards.refresh_from_db()
    assert "as many files as its policy allows" in refused()
    App.objects.filter(pk=rtm_app.pk).update(policy=policy)
    scene.cards.refresh_from_db()
    Service.objects.filter(pk=service.pk).update(state=Service.State.SUSPENDED)
    assert "No service is live" in refused()
    assert (sent(), MediaFile.objects.count()) == ([], 0)


@real
def test_files_of_answers_are_erased_with_the_customer(
    scene: Scene, admin: Member, device: Device
) -> None:
    customer = create_customer(member=admin, customer_id="1001", attributes={})
    Device.objects.filter(pk=device.pk).update(customer=customer)
    file = Attached("Grace.pdf", "application/pdf", PDF)
    services.reply(thread=scene.cards, agent=scene.ann, text="For Grace", files=[file])
    request_erasure(customer=customer)
    erase_due()
    assert not MediaFile.objects.exists()
    assert [message.payload for message in sent()] == [{"erased": True}]


CHANNELS = [kind for kind in registry.all_types() if kind.request]


def thread_on(slug: str) -> Thread:
    """Return a conversation on a channel."""
    return Thread(app=App(app_id="NB1", channel_type=slug), user_id="u1")


@pytest.mark.parametrize("kind", CHANNELS, ids=lambda kind: kind.slug)
def test_what_a_channel_is_said_to_take_it_takes(kind: Any) -> None:
    """With a text, without, and as one of several."""
    limits = limits_of(thread_on(kind.slug))
    medium = media.serving(kind.channel)
    assert medium and limits.sizes and limits.words
    for content_type in limits.sizes:
        parsed = parsing.Parsed(content_type)
        row = MediaFile(app=App(app_id="NB1"), content_type=content_type, size=9)
        pair = (files.Checked("a file", b"x", parsed), row)
        for text in ("", "Here it is"):
            made = contents(limits, text, "Ann", [pair, pair])
            payloads = [medium.content(content, "here") for content in made]
            assert sum(len(payload.get("media", [])) for payload in payloads) == 2
            assert "".join(payload["message"] for payload in payloads) == text


@pytest.mark.parametrize(
    ("slug", "takes"),
    [("facebook", True), ("apple_business_chat", True), ("twitter", False), ("wechat", False)],
)
def test_a_type_that_the_channel_does_not_take_is_refused_in_a_sentence(
    slug: str, *, takes: bool
) -> None:
    limits = limits_of(thread_on(slug))
    assert ("PDF" in limits.words) is takes
    pdf = [Attached("terms.pdf", "application/pdf", PDF)]
    if takes:
        assert len(checked(limits, pdf)) == 1
        return
    with pytest.raises(ValidationError) as told:
        checked(limits, pdf)
    name = str(registry.get(slug).name)
    assert told.value.messages == [f"terms.pdf: {name} takes no file of this type."]


@real
def test_a_channel_with_one_thing_in_a_message_gets_several(
    scene: Scene, service: Service
) -> None:
    app = App.objects.create(
        organization=scene.ann.organization, app_id="FB12345678", name="Page",
        channel_type="facebook", account="1",
    )  # fmt: skip
    Allocation.objects.create(service=service, app=app, channel="facebook")
    thread = Thread.objects.create(app=app, user_id="psid", service=service)
    file = Attached("a.png", "image/png", picture())
    services.reply(thread=thread, agent=scene.ann, text="Look", files=[file])
    text, image = [message.payload for message in sent()]
    assert text == {"message": "Look"}
    assert image["message"] == ""
    assert image["media"][0]["contentType"] == "image/png"
    assert image["media"][0]["file"].startswith("http")
