"""The tables of numbers, by what they are for."""

from imiconnect.numbers.models.carriers import CarrierAccount, CarrierRoute, Throughput
from imiconnect.numbers.models.catalogue import (
    Country,
    RateCard,
    ReservedWord,
    ShortCodeFormat,
    SmsRestriction,
)
from imiconnect.numbers.models.number import Number, NumberEvent, ReservedKeyword, ShortCode
from imiconnect.numbers.models.orders import (
    Address,
    Charge,
    NumberOrder,
    PhoneLine,
    Reservation,
)
from imiconnect.numbers.models.queues import (
    KeywordRequest,
    SenderIdRequest,
    ShortCodeOrder,
)
from imiconnect.numbers.models.requests import (
    KeywordDetails,
    OfflineRequest,
    OperatorVerification,
    ShortCodeRequest,
)
from imiconnect.numbers.models.smpp import (
    SmppArrival,
    SmppFragment,
    SmppLink,
    SmppPart,
    SmppReceipt,
)
from imiconnect.numbers.models.sms_rules import Covers, SmsContentRule, SmsHours
from imiconnect.numbers.models.stock import Place, StockNumber

__all__ = [
    "Address",
    "CarrierAccount",
    "CarrierRoute",
    "Charge",
    "Country",
    "Covers",
    "KeywordDetails",
    "KeywordRequest",
    "Number",
    "NumberEvent",
    "NumberOrder",
    "OfflineRequest",
    "OperatorVerification",
    "PhoneLine",
    "Place",
    "RateCard",
    "Reservation",
    "ReservedKeyword",
    "ReservedWord",
    "SenderIdRequest",
    "ShortCode",
    "ShortCodeFormat",
    "ShortCodeOrder",
    "ShortCodeRequest",
    "SmppArrival",
    "SmppFragment",
    "SmppLink",
    "SmppPart",
    "SmppReceipt",
    "SmsContentRule",
    "SmsHours",
    "SmsRestriction",
    "StockNumber",
    "Throughput",
]
