"""Sending callbacks to a real server."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.rtm import nudge
from imiconnect.rtm.callbacks import outbox, sender
from imiconnect.rtm.callbacks.outcomes import Try
from imiconnect.rtm.callbacks.services import resend, resend_all
from imiconnect.rtm.models import Callback, CallbackAttempt
from imiconnect.sharing.models import Service
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
New = Callable[..., Callback]
Send = Callable[[], int]


def due_now(callback: Callback) -> None:
    Callback.objects.filter(pk=callback.pk).update(due_at=timezone.now())


def test_a_callback_is_posted_as_json_and_delivered(
    new_callback: New, send: Send, receiver: Any
) -> None:
    callback = new_callback()
    assert send() == 1
    callback.refresh_from_db()
    request = receiver.requests[0]
    assert (callback.state, callback.attempts, callback.due_at) == ("delivered", 1, None)
    assert callback.finished_at is not None
    assert request.body.decode() == callback.body
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == str(callback.pk)


def test_a_try_is_logged_with_status_duration_and_answer(
    new_callback: New, send: Send, receiver: Any
) -> None:
    receiver.delays["/500"] = 0.05
    callback = new_callback("/500")
    send()
    attempt = CallbackAttempt.objects.get(callback=callback)
    assert (attempt.number, attempt.status_code) == (1, 500)
    assert attempt.response == "answer 500"
    assert attempt.duration_ms >= 50


def test_a_failed_try_is_repeated_three_times_a_minute_apart(
    new_callback: New, send: Send
) -> None:
    callback = new_callback("/500")
    for number in (1, 2, 3):
        before = timezone.now()
        assert send() == 1
        callback.refresh_from_db()
        assert (callback.state, callback.attempts) == ("pending", number)
        wait = callback.due_at - before  # type: ignore[operator]  # pending, so it has one
        assert dt.timedelta(seconds=59) < wait < dt.timedelta(seconds=65)
        assert send() == 0
        due_now(callback)
    send()
    callback.refresh_from_db()
    assert (callback.state, callback.attempts, callback.due_at) == ("failed", 4, None)
    assert callback.tries.count() == 4


@pytest.mark.parametrize("status", [204, 302, 400, 404, 410, 505])
def test_an_answer_that_is_not_retried_fails_at_once(
    new_callback: New, send: Send, status: int
) -> None:
    callback = new_callback(f"/{status}")
    send()
    callback.refresh_from_db()
    assert (callback.state, callback.attempts) == ("failed", 1)


def test_a_redirect_is_not_followed(new_callback: New, send: Send, receiver: Any) -> None:
    new_callback("/302")
    send()
    assert receiver.paths() == ["/302"]


def test_a_server_that_does_not_answer_in_time_is_tried_again(
    new_callback: New, send: Send, receiver: Any, settings: Any
) -> None:
    settings.CALLBACK_TIMEOUT_SECONDS = 0.3
    receiver.delays["/200-slow"] = 1
    callback = new_callback("/200-slow")
    send()
    callback.refresh_from_db()
    attempt = callback.tries.get()
    assert callback.state == "pending"
    assert attempt.status_code is None
    assert "in time" in attempt.error


def test_a_server_that_is_down_is_tried_again(
    new_callback: New, send: Send, unused_tcp_port: int
) -> None:
    callback = new_callback(url=f"http://127.0.0.1:{unused_tcp_port}/")
    send()
    callback.refresh_from_db()
    assert callback.state == "pending"
    assert "cannot be reached" in callback.tries.get().error


def test_a_private_address_fails_at_once(new_callback: New, send: Send, settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    callback = new_callback(url="https://localhost/")
    send()
    callback.refresh_from_db()
    assert callback.state == "failed"
    assert "private" in callback.tries.get().error


@pytest.mark.parametrize("url", ["https://xn--/cb", "https://customer.example:65536/cb"])
def test_a_url_whose_name_cannot_be_read_fails_for_good_and_says_why(
    new_callback: New, send: Send, url: str
) -> None:
    callback, good = new_callback(url=url), new_callback()
    assert send() == 2
    callback.refresh_from_db()
    good.refresh_from_db()
    assert (callback.state, callback.attempts, callback.due_at) == ("failed", 1, None)
    assert callback.tries.get().error == "The URL cannot be called."
    assert good.state == "delivered"


def test_a_fault_of_our_own_is_a_failed_try_and_not_made_again_without_end(
    new_callback: New, send: Send, service: Service
) -> None:
    service.signing_secret = "whsec_x"
    service.save()
    callback = new_callback()
    send()
    callback.refresh_from_db()
    assert (callback.state, callback.attempts) == ("pending", 1)
    assert "fault of this platform" in callback.tries.get().error


def test_a_slow_server_does_not_hold_up_another(
    new_callback: New, receiver: Any, settings: Any
) -> None:
    settings.CALLBACK_TIMEOUT_SECONDS = 3
    receiver.delays["/200-slow"] = 2
    slow = receiver.url.replace("127.0.0.1", "localhost")
    for _ in range(100):
        new_callback(url=f"{slow}/200-slow")
    quick = new_callback("/200-quick")
    run = threading.Thread(target=outbox_run)
    run.start()
    wait_until(lambda: Callback.objects.filter(pk=quick.pk, state="delivered").exists())
    assert Callback.objects.filter(state="pending").exists()
    # Proved: nobody needs to wait for the rest of the hundred.
    receiver.delays.clear()
    run.join()


def outbox_run() -> None:
    sender.send_due(sender.Limits(linger=0, poll=0.05))


def test_many_callbacks_share_few_connections(
    new_callback: New, send: Send, receiver: Any
) -> None:
    for _ in range(60):
        new_callback()
    assert send() == 60
    assert Callback.objects.filter(state="delivered").count() == 60
    assert len(receiver.connections) <= 16


def test_a_run_holds_nudges_back_while_it_claims(new_callback: New, receiver: Any) -> None:
    new_callback()
    nudged: list[bool] = []
    receiver.on_request = lambda: nudged.append(nudge.nudge("callbacks"))
    sender.send_due(sender.Limits(linger=0, poll=0.05))
    assert nudged == [False]
    assert not nudge.redis().exists(nudge.flag_of("callbacks"))


def test_a_run_that_slow_servers_fill_asks_for_one_more(
    new_callback: New, receiver: Any
) -> None:
    receiver.delays["/200-slow"] = 0.3
    for _number in range(4):
        new_callback("/200-slow")
    another: list[bool] = []
    flag = nudge.flag_of("callbacks", 1)
    receiver.on_request = lambda: another.append(bool(nudge.redis().exists(flag)))
    sender.send_due(sender.Limits(held=2, linger=0, poll=0.05, renew=0))
    nudge.release("callbacks", 1)
    assert another == [False, False, True, True]


def test_two_senders_send_each_callback_once(new_callback: New, receiver: Any) -> None:
    ids = {str(new_callback().pk) for _ in range(80)}
    runs = [threading.Thread(target=outbox_run) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    sent = [request.headers["webhook-id"] for request in receiver.requests]
    assert sorted(sent) == sorted(ids)


def test_a_claimed_row_of_a_dead_sender_comes_back_after_its_lease(
    new_callback: New, send: Send
) -> None:
    callback = new_callback()
    assert len(outbox.claim(10, 10)) == 1
    assert send() == 0
    due_now(callback)
    assert send() == 1


def test_a_late_result_of_a_lost_lease_changes_nothing(new_callback: New, send: Send) -> None:
    callback = new_callback()
    (job,) = outbox.claim(10, 10)
    due_now(callback)
    send()
    moved = outbox.record([outbox.Result(job, Try(status=500), time.time())])
    callback.refresh_from_db()
    assert moved == 0
    assert (callback.state, callback.attempts) == ("delivered", 1)
    assert callback.tries.count() == 2


def test_resending_makes_one_more_try_with_the_same_webhook_id(
    new_callback: New, send: Send, receiver: Any
) -> None:
    callback = new_callback("/404")
    send()
    Callback.objects.filter(pk=callback.pk).update(url=receiver.url + "/200")
    assert resend(callback=callback)
    send()
    callback.refresh_from_db()
    ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert (callback.state, callback.attempts) == ("delivered", 2)
    assert ids == {str(callback.pk)}


def test_a_resent_callback_that_fails_is_not_retried(new_callback: New, send: Send) -> None:
    callback = new_callback("/500", attempts=4, state="failed", due_at=None)
    resend(callback=callback)
    send()
    callback.refresh_from_db()
    assert (callback.state, callback.attempts) == ("failed", 5)


def test_resending_many_leaves_those_under_way_alone(new_callback: New) -> None:
    new_callback(state="failed", due_at=None)
    new_callback(state="delivered", due_at=None)
    new_callback()
    assert resend_all(callbacks=Callback.objects.all()) == 2


def test_a_callback_of_a_deleted_service_ends_quietly(
    new_callback: New, service: Service
) -> None:
    new_callback()
    (job,) = outbox.claim(10, 10)
    service.delete()
    assert outbox.record([outbox.Result(job, Try(status=200), time.time())]) == 0
    assert not CallbackAttempt.objects.exists()
