"""Sessions are named by browser and system, not by what the browser sends."""

import pytest

from imiconnect.accounts.browsers import browser_words

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 "
            "Safari/537.36 Edg/130.0.0.0",
            "Edge 130 on Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox 128 on Linux",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36",
            "Chrome 131 on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17 on iPhone",
        ),
        ("Firefox/128.0", "Firefox 128"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Not known"),
    ],
)
def test_a_session_is_named_by_browser_and_system(user_agent: str, words: str) -> None:
    assert browser_words(user_agent) == words
