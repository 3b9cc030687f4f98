"""How long a notification is kept for a phone, and by which it is replaced."""

import hashlib
from collections.abc import Callable

import pytest
from django.utils import timezone

from imiconnect.rtm.models import Message
from tests.rtm.push.conftest import BUNDLE, Served
from tests.rtm.push.test_medium import phone, push  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("way", ["apns", "fcm"])
@pytest.mark.parametrize(("life", "left"), [(60, range(50, 61)), (0, range(1))])
def test_an_iphones_notification_is_replaced_and_kept_as_asked_by_either_way(
    request: pytest.FixtureRequest,
    push: Callable[..., Message],  # noqa: F811 - the fixture
    way: str,
    life: int,
    left: range,
) -> None:
    app = request.getfixturevalue({"apns": "pushed", "fcm": "by_firebase"}[way])
    there: Served = request.getfixturevalue(way)
    iphone = there.new_device({"apns": BUNDLE, "fcm": "bank-1"}[way])
    phone(app, "ios", iphone)
    push(extras={"collapse_key": "orders of " * 9, "time_to_live": life}, expiry=None)
    [sent] = there.received(iphone)
    headers = sent["apns"]["headers"] if way == "fcm" else sent["headers"]
    digest = hashlib.sha256(("orders of " * 9).encode()).hexdigest()
    assert headers["apns-collapse-id"] == digest
    until = int(headers["apns-expiration"])
    assert (until - int(timezone.now().timestamp()) if until else 0) in left
