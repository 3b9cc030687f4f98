"""Which kinds of receipts there are on each medium: those of apps, and those of numbers."""

from imiconnect.apps.channel_types import registry

#: Receipts over numbers (facts/imiconnect.md, section 14); undelivered is a failure.
OVER_NUMBERS: dict[str, tuple[str, ...]] = {
    "sms": ("submitted", "delivered", "failed"),
    "voice": ("answered", "rejected"),
}


def receipt_kinds() -> dict[str, tuple[str, ...]]:
    """Return, for each medium, the kinds of receipt that a service can ask for."""
    return registry.receipt_kinds() | OVER_NUMBERS
