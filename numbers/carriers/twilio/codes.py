"""What Twilio's error codes and states mean to us (https://www.twilio.com/docs/api/errors)."""

from imiconnect.numbers.carriers import messaging as m

#: Codes of refused requests and of receipts; what is not here was not delivered, for good.
REASONS = {
    13224: m.BAD_ADDRESS,
    14107: m.THROTTLED,
    20003: m.MISCONFIGURED,
    20429: m.THROTTLED,
    21201: m.BAD_ADDRESS,
    21205: m.NOT_SPOKEN,
    21210: m.BAD_SENDER,
    21211: m.BAD_ADDRESS,
    21212: m.BAD_SENDER,
    21214: m.BAD_ADDRESS,
    21215: m.NOT_SERVED,
    21216: m.NOT_SERVED,
    21217: m.BAD_ADDRESS,
    21219: m.NOT_SERVED,
    21408: m.NOT_SERVED,
    21603: m.BAD_SENDER,
    21606: m.BAD_SENDER,
    21610: m.BLOCKED,
    21611: m.THROTTLED,
    21612: m.NOT_SERVED,
    21614: m.BAD_ADDRESS,
    21617: m.NOT_IN_PARTS,
    21659: m.BAD_SENDER,
    21660: m.BAD_SENDER,
    30002: m.MISCONFIGURED,
    30003: m.UNREACHABLE,
    30004: m.BLOCKED,
    30005: m.UNKNOWN_SUBSCRIBER,
    30006: m.UNKNOWN_SUBSCRIBER,
    30032: m.UNREGISTERED,
    30034: m.UNREGISTERED,
    30036: m.EXPIRED,
}
#: ``MessageStatus``; those before ``sent`` say nothing new.
TEXT_STATES = {
    "sent": m.Status.SUBMITTED,
    "delivered": m.Status.DELIVERED,
    "read": m.Status.DELIVERED,
    "undelivered": m.Status.FAILED,
    "failed": m.Status.FAILED,
    "canceled": m.Status.FAILED,
}
#: ``CallStatus``; a call that is completed was answered, should that event be lost.
CALL_STATES = {
    "in-progress": m.Status.ANSWERED,
    "completed": m.Status.ANSWERED,
    "busy": m.Status.BUSY,
    "no-answer": m.Status.NO_ANSWER,
    "canceled": m.Status.NO_ANSWER,
    "failed": m.Status.FAILED,
}
CALL_REASONS = {
    m.Status.BUSY: m.BUSY,
    m.Status.NO_ANSWER: m.NO_ANSWER,
    m.Status.REJECTED: m.REJECTED,
    m.Status.FAILED: m.UNKNOWN_SUBSCRIBER,
}
#: SIP answers by which a phone rejects a call that Twilio calls busy or failed (RFC 3261).
SIP_REJECTED = {"603", "607", "608"}


def refused(status: int, code: int) -> m.Reason:
    """Return what an error answer means; status 0 is no answer to a request that was sent."""
    if code in REASONS:
        return REASONS[code]
    if status in (401, 403):
        return m.MISCONFIGURED
    if status == 429:
        return m.THROTTLED
    if status == 503:
        return m.CARRIER_DOWN
    if status == 0 or status >= 500:
        return m.UNCERTAIN
    return m.AT_PLATFORM
