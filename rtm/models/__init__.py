"""Rows of the gateway: customers, devices, threads, messages, receipts and callbacks."""

from imiconnect.rtm.models.breakers import Breaker
from imiconnect.rtm.models.callbacks import Callback, CallbackAttempt
from imiconnect.rtm.models.contacts import Contact
from imiconnect.rtm.models.customers import ConnectionHolder, Customer, Device, ProfileBatch
from imiconnect.rtm.models.desk import Assignment, ThreadGuest
from imiconnect.rtm.models.events import DeviceEvent, Erasure
from imiconnect.rtm.models.fanouts import FanOut, FanOutTurn, UserEvent
from imiconnect.rtm.models.media import MediaFile, MediaUsage
from imiconnect.rtm.models.messages import Attempt, Channel, IdempotencyKey, Message
from imiconnect.rtm.models.onboarding import OnboardingStep
from imiconnect.rtm.models.optouts import OptOut, OptWord
from imiconnect.rtm.models.pins import UserPin
from imiconnect.rtm.models.push import Companion, PushAddress
from imiconnect.rtm.models.queues import (
    ClientRef,
    Inbound,
    MessageBatch,
    OpenMessage,
    OwedMessage,
    ProviderReceipt,
    ProviderRef,
    Receipt,
    ReceiptBatch,
    Wake,
)
from imiconnect.rtm.models.recordings import Recording
from imiconnect.rtm.models.rules import RuleEvent
from imiconnect.rtm.models.templates import MessageTemplate
from imiconnect.rtm.models.threads import ServiceStream, Stream, Thread
from imiconnect.rtm.models.topics import Segment, SegmentUser, Subscription, Topic
from imiconnect.rtm.models.unclaimed import UnclaimedText
from imiconnect.rtm.models.watermarks import Watermark

__all__ = [
    "Assignment",
    "Attempt",
    "Breaker",
    "Callback",
    "CallbackAttempt",
    "Channel",
    "ClientRef",
    "Companion",
    "ConnectionHolder",
    "Contact",
    "Customer",
    "Device",
    "DeviceEvent",
    "Erasure",
    "FanOut",
    "FanOutTurn",
    "IdempotencyKey",
    "Inbound",
    "MediaFile",
    "MediaUsage",
    "Message",
    "MessageBatch",
    "MessageTemplate",
    "OnboardingStep",
    "OpenMessage",
    "OptOut",
    "OptWord",
    "OwedMessage",
    "ProfileBatch",
    "ProviderReceipt",
    "ProviderRef",
    "PushAddress",
    "Receipt",
    "ReceiptBatch",
    "Recording",
    "RuleEvent",
    "Segment",
    "SegmentUser",
    "ServiceStream",
    "Stream",
    "Subscription",
    "Thread",
    "ThreadGuest",
    "Topic",
    "UnclaimedText",
    "UserEvent",
    "UserPin",
    "Wake",
    "Watermark",
]
