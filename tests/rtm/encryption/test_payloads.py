"""An app's payloads are encrypted both ways, and refused where they are not."""

import json
import queue
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Web

from imiconnect.apps.models import App
from imiconnect.apps.push import services as app_secrets
from imiconnect.rtm import topics
from imiconnect.rtm.events import tell_users
from imiconnect.rtm.models import Inbound, Message, Receipt, Stream, Thread
from imiconnect.rtm.processors import events, mt
from imiconnect.rtm.protocol.sealing import Unreadable, seal
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.protocol.topics import downlink, uplink
from imiconnect.rtm.typing import agent_types
from imiconnect.rtm.uplink.inbox import Inbox
from imiconnect.sharing.models import Service
from tests.rtm.conftest import CLIENT_KEY, SERVICE_KEY
from tests.rtm.encryption.conftest import Phone, call, register, switch
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Message]
Hear = Callable[[str], "queue.Queue[bytes]"]
TOPIC = uplink("NB12345678", "u1", "d1")


def test_the_key_is_handed_out_at_registration(sealed_app: App) -> None:
    phone = register(sealed_app)
    assert phone.answer["encryptionType"] == "AES-256-CBC"
    assert len(phone.key) == 32
    assert phone.answer["policy"]["features"]["encryption"] == "1"
    assert phone.answer["policy"]["encryptionKeyId"] == phone.answer["encryptionKeyId"]
    assert register(sealed_app, "u2").key != phone.key


def test_an_app_that_does_not_encrypt_gives_no_key(rtm_app: App) -> None:
    answer = register(rtm_app).answer
    assert answer["policy"]["features"]["encryption"] == "0"
    assert not {name for name in answer if name.startswith("encryption")}


def test_the_key_lies_encrypted_and_shows_nowhere(sealed_app: App, phone: Phone) -> None:
    from django.db import connection

    kept = app_secrets.secrets_of(sealed_app).payload_keys[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM apps_app")
        assert kept not in cursor.fetchone()[0]
    policy = Web().get(
        f"/rtmsAPI/api/v3/{sealed_app.app_id}/verifyPolicy", headers={"secretKey": CLIENT_KEY}
    )
    assert kept not in policy.text
    assert phone.answer["encryptionKey"] not in policy.text
    assert kept != phone.answer["encryptionKey"]


def test_a_message_an_event_and_typing_are_encrypted(
    phone: Phone, send: Send, raw_subscriber: Hear
) -> None:
    heard = raw_subscriber(downlink("NB12345678", "u1"))
    message = send()
    mt.process_due()
    assert phone.opened(heard.get(timeout=PATIENCE))["tid"] == str(message.pk)
    tell_users([(phone.app.pk, "u1", {"payload_type": "messageRead", "tid": "t1"})])
    events.process_due()
    assert phone.opened(heard.get(timeout=PATIENCE))["payload_type"] == "messageRead"
    stream = Stream.objects.create(organization_id=phone.app.organization_id, name="help")
    thread = Thread.objects.create(app=phone.app, user_id="u1", stream=stream)
    agent_types(thread=thread, user_id="u1", sender="eve", begun=True)
    assert phone.opened(heard.get(timeout=PATIENCE))["payload_type"] == "typingStart"


def test_each_user_gets_a_message_in_their_own_key(
    phone: Phone, send: Send, raw_subscriber: Hear
) -> None:
    other = register(phone.app, "u2")
    heard = raw_subscriber(downlink("NB12345678", "u2"))
    send(destination=[{"userid": ["u2"]}])
    mt.process_due()
    payload = heard.get(timeout=PATIENCE)
    assert other.opened(payload)["userId"] == "u2"
    with pytest.raises((Unreadable, ValueError)):
        phone.opened(payload)


def test_hot_routes_open_what_a_device_says(phone: Phone, intake: Any, send: Send) -> None:
    body = {"clientId": phone.client_id, "message": "Secret"}
    answer = phone.post(intake, "mo", phone.sealed(body))
    assert (answer.status_code, Inbound.objects.get().body["message"]) == (200, "Secret")
    tid = str(send().pk)
    body = {"clientId": phone.client_id, "status": 2, "tid": tid}
    assert phone.post(intake, "deliveryupdate", phone.sealed(body)).json()["code"] == "0"
    assert str(Receipt.objects.get().tid) == tid


def test_hot_routes_refuse_with_one_word_what_is_plain_or_of_another_key(
    phone: Phone, intake: Any
) -> None:
    body = {"clientId": phone.client_id, "message": "Secret"}
    wrong = {
        "plain": body,
        "another key": phone.sealed(body, b"k" * 32),
        "no JSON": {"encrypted": seal(phone.key, b"Secret").decode()},
        "no base64": {"encrypted": "?"},
        "no text": {"encrypted": 7},
    }
    for case, sent in wrong.items():
        answer = phone.post(intake, "mo", sent)
        told = answer.json()
        assert (answer.status_code, told["code"], told["reason"]) == (400, "4", "encryption"), (
            case
        )
    sentences = {phone.post(intake, "mo", wrong[c]).text for c in ("another key", "no JSON")}
    assert len(sentences) == 1, "an answer that told more would be a padding oracle"
    assert not Inbound.objects.exists()


def test_one_user_cannot_speak_in_anothers_key(phone: Phone, intake: Any) -> None:
    mallory = register(phone.app, "u2")
    body = {"clientId": phone.client_id, "message": "I am u1"}
    assert mallory.post(intake, "mo", mallory.sealed(body)).json()["code"] == "38"
    nobody = {"secretKey": CLIENT_KEY, "accessToken": "wrong"}
    url = f"/rtmsAPI/api/v3/{phone.app.app_id}/mo"
    answer = intake.post(url, json=phone.sealed(body), headers=nobody)
    assert answer.json()["code"] == "38"
    answer = intake.post(url, json=phone.sealed(body), headers={"secretKey": CLIENT_KEY})
    assert answer.json()["code"] == "39"


def test_an_app_without_encryption_takes_no_encrypted_body(rtm_app: App, intake: Any) -> None:
    phone = register(rtm_app)
    sent = phone.sealed({"clientId": phone.client_id, "message": "Hi"}, b"k" * 32)
    told = phone.post(intake, "mo", sent).json()
    assert (told["code"], told["reason"]) == ("4", "encryption")


def test_other_routes_open_bodies_and_encrypt_lists(phone: Phone) -> None:
    body = {"type": "Conversation", "title": "Loan", "userId": "u1"}
    made = phone.call(f"apps/{phone.app.app_id}/threads", phone.sealed(body))
    assert made["code"] == "0"
    listed = phone.get("threads")
    assert listed.keys() == {"encrypted"}
    assert [thread["title"] for thread in phone.opened(listed["encrypted"])["threads"]] == [
        "Loan"
    ]
    messages = phone.get(f"threads/{made['thread']['id']}/messages")
    assert phone.opened(messages["encrypted"])["total"] == 0
    assert phone.opened(phone.get("topics")["encrypted"])["topics"] == []


def test_a_subscription_is_opened_and_only_in_the_users_own_key(phone: Phone) -> None:
    topics.create_topic(app=phone.app, name="news")
    other = register(phone.app, "u2")
    path = f"apps/{phone.app.app_id}/topics/news/users"
    for body in (["u1"], phone.sealed(["u1"], other.key), phone.sealed({"users": ["u1"]})):
        assert phone.call(path, body)["code"] == "4"
    assert phone.call(path, phone.sealed(["u2"]))["code"] == "38"
    assert phone.call(path, phone.sealed(["u1"]))["count"] == 1
    (news,) = phone.opened(phone.get("topics")["encrypted"])["topics"]
    assert news["subscribed"]


def test_other_routes_refuse_what_is_plain_or_of_another_key(phone: Phone) -> None:
    body = {"clientId": phone.client_id, "data": {"update": {"make": "x"}}}
    for sent in (body, phone.sealed(body, b"k" * 32), {"encrypted": "?"}):
        told = phone.call("profileupdate", sent)
        assert (told["code"], told["reason"]) == ("4", "encryption")
    assert phone.call("profileupdate", phone.sealed(body))["code"] == "0"


def test_files_are_uploaded_as_they_are(phone: Phone) -> None:
    file = SimpleUploadedFile("a.txt", b"hello", "text/plain")
    url = f"/rtmsAPI/api/v1/media/{phone.app.app_id}/upload"
    sent = {"clientId": phone.client_id, "media": file}
    assert Web().post(url, sent, headers=phone.headers).json()["code"] == "0"


def test_customers_servers_write_and_read_plain(phone: Phone, service: Any) -> None:
    headers = {"secretKey": CLIENT_KEY, "key": SERVICE_KEY}
    url = f"/rtmsAPI/api/v3/apps/{phone.app.app_id}/user/u1/threads"
    assert Web().get(url, headers=headers).json()["threads"] == []


def test_the_listener_opens_what_devices_publish(phone: Phone, send: Send) -> None:
    message = send()
    body = {"op": "deliveryupdate", "status": 2, "tid": str(message.pk)}
    assert Inbox().write([(TOPIC, phone.sealed(body)["encrypted"].encode())]) == 1
    assert Receipt.objects.get().tid == message.pk


def test_the_listener_counts_what_it_cannot_open(phone: Phone) -> None:
    from django.core.cache import cache

    cache.delete_many([f"rtm-uplink-refused-{word}" for word in ("plain", "encryption")])
    body = {"op": "mo", "message": "Hi"}
    plain, foreign = json.dumps(body).encode(), phone.sealed(body, b"k" * 32)["encrypted"]
    no_json, inbox = seal(phone.key, b"Hi"), Inbox()
    assert inbox.write([(TOPIC, plain), (TOPIC, foreign.encode()), (TOPIC, no_json)]) == 0
    assert inbox.refused == {"plain": 1, "encryption": 2}
    assert not Inbound.objects.exists()
    metrics = Web().get("/metrics", REMOTE_ADDR="127.0.0.1").text
    assert "uplink_refused_encryption 2" in metrics


def test_the_listener_follows_a_switch_at_once(rtm_app: App) -> None:
    inbox, body = Inbox(), {"op": "mo", "message": "Hi"}
    assert inbox.write([(TOPIC, json.dumps(body).encode())]) == 1
    app = switch(rtm_app, payload_encryption=True)
    phone = register(app)
    assert inbox.write([(TOPIC, phone.sealed(body)["encrypted"].encode())]) == 1
    switch(app, payload_encryption=False)
    assert inbox.write([(TOPIC, json.dumps(body).encode())]) == 1


def test_a_new_key_reaches_a_device_by_its_refresh_token(phone: Phone, intake: Any) -> None:
    app_secrets.renew_payload_key(app=phone.app)
    body = {"clientId": phone.client_id, "message": "Sent before"}
    assert phone.post(intake, "mo", phone.sealed(body)).status_code == 200
    again = call(phone.app, "token", {"refreshToken": phone.answer["refreshToken"]})
    assert again["encryptionKey"] != phone.answer["encryptionKey"]
    assert again["encryptionKeyId"] != phone.answer["encryptionKeyId"]
    renewed = Phone(phone.app, phone.answer | again)
    assert renewed.post(intake, "mo", renewed.sealed(body)).status_code == 200


def test_another_user_of_the_device_gets_another_key(phone: Phone) -> None:
    body = {"clientId": phone.client_id, "userId": "u9"}
    changed = phone.call("setUserId", phone.sealed(body))
    assert changed["userId"] == "u9"
    assert changed["encryptionKey"] != phone.answer["encryptionKey"]


def test_without_a_readable_key_nothing_goes_out_plain(
    sealed_app: App, send: Send, raw_subscriber: Hear
) -> None:
    heard = raw_subscriber(downlink("NB12345678", "u1"))
    App.objects.update(secrets="")
    message = send()
    tell_users([(sealed_app.pk, "u1", {"payload_type": "messageRead", "tid": "t1"})])
    assert mt.process_due() == 1
    assert events.process_due() == 1
    message.refresh_from_db()
    assert message.state == State.FAILED
    assert heard.empty()


def test_what_is_nobodys_own_is_for_servers_where_an_app_encrypts(
    sealed_app: App, service: Service
) -> None:
    sealed_app.policy = sealed_app.policy | {"client_key_as_password": True}
    sealed_app.save()
    device = Web(headers={"secretKey": CLIENT_KEY})
    server = Web(headers={"secretKey": CLIENT_KEY, "key": SERVICE_KEY})
    for path in ("threads", "topics"):
        url = f"/rtmsAPI/api/v3/apps/{sealed_app.app_id}/{path}"
        assert device.get(url).json()["code"] == "39"
        assert server.get(url).json()[path] == []
