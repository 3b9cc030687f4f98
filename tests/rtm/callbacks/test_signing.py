"""Signatures, checked by an independent implementation of Standard Webhooks."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from imiconnect.keys import Overlap
from imiconnect.rtm.callbacks.signing import hub_signature, signed_headers, standard_signature
from imiconnect.sharing.callback_settings import new_signing_secret, signing_secrets
from imiconnect.sharing.models import Service
from imiconnect.sharing.services import rotate_signing_secret

#: The vectors of docs/callbacks.md.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_the_published_vector_of_standard_webhooks_holds() -> None:
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert standard_signature(SECRET, ID, TIMESTAMP, BODY) == expected


def test_the_documented_signature_is_hex_hmac_of_the_body_alone() -> None:
    # The vector that GitHub publishes for the same scheme, and one of OpenSSL's.
    assert hub_signature("It's a Secret to Everybody", b"Hello, World!") == (
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )
    assert hub_signature(SECRET, BODY) == (
        "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c"
    )


def test_a_receiver_with_either_secret_accepts_during_the_overlap() -> None:
    new, old = new_signing_secret(), new_signing_secret()
    headers = signed_headers([new, old], "id-1", int(time.time()), BODY)
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers) == {"test": 2432232314}
    assert headers["x-hub-signature"] == hub_signature(new, BODY)
    assert headers["x-hub-signature-previous"] == hub_signature(old, BODY)


def test_a_changed_body_is_refused() -> None:
    secret = new_signing_secret()
    headers = signed_headers([secret], "id-1", int(time.time()), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers)


@pytest.mark.django_db
def test_the_old_secret_signs_until_its_overlap_ends(service: Service) -> None:
    old = service.signing_secret
    new = rotate_signing_secret(service=service, keep=Overlap.HOUR)
    service.refresh_from_db()
    assert signing_secrets(service) == [new, old]
    service.previous_signing_until = timezone.now() - dt.timedelta(seconds=1)
    assert signing_secrets(service) == [new]


@pytest.mark.django_db
def test_stop_now_leaves_one_secret(service: Service) -> None:
    new = rotate_signing_secret(service=service, keep=Overlap.NOW)
    service.refresh_from_db()
    assert signing_secrets(service) == [new]


@pytest.mark.django_db(transaction=True)
def test_what_a_server_receives_verifies(
    new_callback: Callable[..., Any],
    send: Callable[[], int],
    receiver: Any,
    service: Service,
) -> None:
    new_callback()
    send()
    (request,) = receiver.requests
    assert Webhook(service.signing_secret).verify(request.body, request.headers)
    expected = hub_signature(service.signing_secret, request.body)
    assert request.headers["x-hub-signature"] == expected
