"""What a centre's ``command_status`` means (SMPP 3.4, 5.1.3)."""

from imiconnect.numbers.carriers import messaging as m

OK = 0x00
#: The centre is full: everything pauses, nothing has failed.
FULL = frozenset({0x14, 0x58})
#: The try may be repeated.
AGAIN = frozenset({0x08, 0x64})
#: A bind that no repetition mends: password, system id.
BAD_BIND = frozenset({0x0D, 0x0E, 0x0F})
_REASONS = {
    0x0A: m.BAD_SENDER,
    0x48: m.BAD_SENDER,
    0x49: m.BAD_SENDER,
    0x0B: m.BAD_ADDRESS,
    0x50: m.BAD_ADDRESS,
    0x51: m.BAD_ADDRESS,
    0x62: m.EXPIRED,
    0x43: m.NOT_IN_PARTS,
    0x66: m.BLOCKED,
}
_BY_CODE = {
    reason.code: reason
    for reason in (
        m.BAD_SENDER, m.BAD_ADDRESS, m.BLOCKED, m.AT_OPERATOR, m.UNKNOWN_SUBSCRIBER,
        m.NO_CREDIT, m.BINARY_ERROR, m.MEMORY_FULL, m.UNREACHABLE, m.EXPIRED, m.NOT_IN_PARTS,
        m.BILLING_HERE, m.BILLING_THERE, m.UNREGISTERED,
    )
}  # fmt: skip


def refused(status: int) -> m.Reason:
    """Return why a centre refused a text for good."""
    return _REASONS.get(status, m.AT_OPERATOR)


def of_code(code: int | None) -> m.Reason:
    """Return the reason of a documented code; that of the operator for any other."""
    return _BY_CODE.get(code or 0, m.AT_OPERATOR)
