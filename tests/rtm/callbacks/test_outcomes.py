"""Which answers are followed by another try: the documented lists, spelled out."""

import pytest

from imiconnect.rtm.callbacks.outcomes import Try, Verdict, is_retried, verdict

FINAL = [
    *(202, 203, 204, 205, 206, 207, 208, 226),
    *(300, 301, 302, 303, 304, 307, 308),
    *(400, 402, 404, 405, 406, 407, 408, 409, 410, 411, 414, 415, 416, 418, 505),
]
AGAIN = [201, 401, 403, 412, 413, 417, 421, 422, 425, 429, 500, 501, 502, 503, 504, 507, 511]


@pytest.mark.parametrize("status", FINAL)
def test_documented_answers_are_not_retried(status: int) -> None:
    assert verdict(Try(status=status), attempts=1, retries=3) == Verdict.FAILED


@pytest.mark.parametrize("status", AGAIN)
def test_other_answers_are_retried(status: int) -> None:
    assert is_retried(status)
    assert verdict(Try(status=status), attempts=1, retries=3) == Verdict.RETRY


def test_only_200_is_success() -> None:
    assert verdict(Try(status=200), attempts=1, retries=3) == Verdict.DELIVERED
    assert not is_retried(200)


def test_the_fourth_try_is_the_last() -> None:
    assert verdict(Try(status=500), attempts=3, retries=3) == Verdict.RETRY
    assert verdict(Try(status=500), attempts=4, retries=3) == Verdict.FAILED


def test_an_error_says_itself_whether_it_may_pass() -> None:
    assert verdict(Try(error="x"), attempts=1, retries=3) == Verdict.RETRY
    refused = Try(error="x", retryable=False)
    assert verdict(refused, attempts=1, retries=3) == Verdict.FAILED
