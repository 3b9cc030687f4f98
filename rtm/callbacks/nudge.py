"""Waking the callback sender; a lost nudge costs the time until the sweep."""

from imiconnect.rtm import nudge as nudges

QUEUE = "callbacks"


def nudge() -> None:
    """Let a worker send what is due; call it after the commit. Never raises for the broker."""
    nudges.nudge(QUEUE)
