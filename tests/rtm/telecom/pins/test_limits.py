"""Who may ask for how many PINs."""

import datetime as dt

import pytest
from django.utils import timezone

from imiconnect.rtm.models import Customer, UserPin
from imiconnect.rtm.pins import services as pins
from tests.rtm.connect.test_register import call
from tests.rtm.telecom.pins.conftest import Phone

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_address_cannot_use_up_the_pins_of_a_user(phone: Phone, ada: Customer) -> None:
    for user in ("ada", "nobody"):
        assert phone.asks(4, user=user) == [200, 200, 200, 429]
    phone.source = "198.51.100.2"
    assert phone.asks(1) == [200]


def test_all_strangers_together_get_nine_pins_of_a_user(phone: Phone, ada: Customer) -> None:
    for number in range(3):
        phone.source = f"198.51.100.{number}"
        assert phone.asks(3, device=f"d{number}") == [200] * 3
    phone.source = "198.51.100.9"
    refused = phone.say("generatePin")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 3500


def test_a_device_that_was_proved_gets_pins_whatever_strangers_do(
    phone: Phone, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.say("register", pinToken=phone.token(phone.pin()))
    monkeypatch.setattr(pins, "MOST_OF_STRANGERS", 1)
    assert phone.asks(1, device="d2") == [429]
    assert phone.asks(6) == [200] * 5 + [429]
    UserPin.objects.all().delete()
    phone.asks(1, device="d2")
    assert phone.asks(1) == [200]


def test_a_device_that_was_proved_and_is_a_guests_again_is_known_for_a_while(
    phone: Phone, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = phone.say("register", pinToken=phone.token(phone.pin())).json()
    named = {"clientId": f"{phone.app.app_id}/ada/d1"}
    call(phone.app.app_id, "removeUserId", phone.key, device["accessToken"], **named)
    monkeypatch.setattr(pins, "MOST_OF_STRANGERS", 1)
    assert phone.asks(1) == [200]


def test_a_network_of_ipv6_is_one_address(phone: Phone, ada: Customer) -> None:
    for last in "123":
        phone.source = f"2001:db8::{last}"
        assert phone.asks(1) == [200]
    phone.source = "2001:db8::4"
    assert phone.asks(1) == [429]
    phone.source = "2001:db8:0:1::4"
    assert phone.asks(1) == [200]


def test_the_wait_is_the_longest_of_all_limits(
    phone: Phone, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "MOST_OF_SOURCE", 1)
    phone.say("generatePin")
    half = timezone.now() - dt.timedelta(minutes=30)
    UserPin.objects.update(created_at=half)
    phone.source = "198.51.100.2"
    assert phone.asks(1, user="bob") == [200]
    monkeypatch.setattr(pins, "MOST_OF_APP", 1)
    assert int(phone.say("generatePin", user="bob")["Retry-After"]) > 3500


@pytest.mark.parametrize("limit", ["MOST_OF_SOURCE", "MOST_OF_APP", "MOST_OF_ORGANIZATION"])
def test_other_limits_hold(
    phone: Phone, ada: Customer, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, limit, 1)
    assert phone.say("generatePin").status_code == 200
    assert phone.say("generatePin", user="bob").status_code == 429
