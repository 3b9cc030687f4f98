"""What push services are given: words of theirs, and numbers that they take."""

from typing import Any

import pytest

from imiconnect.rtm.push.payloads import Note, for_apns, for_fcm


def note(**extras: Any) -> Note:
    part = {"text": "Your parcel", "extras": extras}
    return Note("t1", "AB12345678", part, ttl=3600, expires_at=1_900_000_000)


def test_a_custom_tag_does_not_take_the_place_of_what_is_shown() -> None:
    tagged = note(customtags={"aps": {"alert": "Other"}, "from": "me", "order": 7})
    assert for_apns(tagged) == {
        "aps": {"alert": {"body": "Your parcel"}, "sound": "default"},
        "order": "7",
        "tid": "t1",
        "appId": "AB12345678",
    }
    assert "aps" not in for_fcm(tagged, "token", "ios")["data"]


@pytest.mark.parametrize(
    ("asked", "life"), [(60, 60), (-5, 0), (True, 3600), ("60", 3600), (99_999, 3600)]
)
def test_the_time_to_live_is_a_number_within_the_expiry(asked: Any, life: int) -> None:
    asking = note(time_to_live=asked)
    assert for_fcm(asking, "token", "android")["android"]["ttl"] == f"{life}s"
    assert asking.until == (1_900_000_000 - 3600 + life if life else 0)
