"""The tables of numbers, by what they are for."""

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
from imiconnect.numbers.models.requests import (
    KeywordDetails,
    OfflineRequest,
    OperatorVerification,
    ShortCodeRequest,
)
from imiconnect.numbers.models.stock import CarrierAccount, StockNumber

__all__ = [
    "Address",
    "CarrierAccount",
    "Charge",
    "Country",
    "KeywordDetails",
    "Number",
    "NumberEvent",
    "NumberOrder",
    "OfflineRequest",
    "OperatorVerification",
    "PhoneLine",
    "RateCard",
    "Reservation",
    "ReservedKeyword",
    "ReservedWord",
    "ShortCode",
    "ShortCodeFormat",
    "ShortCodeRequest",
    "SmsRestriction",
    "StockNumber",
]
