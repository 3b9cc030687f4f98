"""The carrier Twilio: AvailablePhoneNumbers, IncomingPhoneNumbers and Addresses.

A number is bought with the order's key as its FriendlyName, and looked for by number and
that name beforehand: an order that is resumed finds its own purchase and buys nothing.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext_lazy as _
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from imiconnect.numbers.carriers import base
from imiconnect.numbers.carriers.twilio.http import client_of, told
from imiconnect.numbers.kinds import Match, NumberType
from imiconnect.numbers.numbering import calling_code, national_digits, region_of

#: Which lists of Twilio a type is looked for in, the first one first.
_LISTS = {
    NumberType.MULTI_FUNCTION: ("mobile", "local", "national"),
    NumberType.LANDLINE: ("local", "national"),
    NumberType.MOBILE: ("mobile",),
    NumberType.TOLLFREE: ("toll_free",),
}
#: Twilio's error codes (https://www.twilio.com/docs/api/errors).
_GONE = {21404, 21421, 21422, 21450, 21452}
_ADDRESS = {21615, 21628, 21631, 21649, 21650, 21651}
_OURS = {20003, 20404, 21470}
#: The shortest pattern that Twilio's Contains takes.
_SHORTEST = 2
#: How many numbers of each list are asked for: more, up to Twilio's longest page, where
#: Contains cannot say all that is wanted and the rest is compared here.
_PAGE, _LONG_PAGE = 200, 1000


@contextmanager
def _as_outcome() -> Iterator[None]:
    """Tell the library's errors in the words of the contract."""
    try:
        yield
    except (TwilioException, RequestException, OSError) as error:
        status, code = told(error)
        raise _outcome(status, code)(str(code or status or type(error).__name__)) from error


def _outcome(status: int, code: int) -> type[base.CarrierError]:
    if code in _GONE:
        return base.NumberGone
    if code in _ADDRESS:
        return base.AddressRefused
    if status in (401, 403) or code in _OURS:
        return base.CarrierMisconfigured
    if status in (0, 429) or status >= 500:
        return base.CarrierBusy
    return base.CarrierError


class Carrier:
    """Our account there: ``account`` is its SID, ``secret`` the auth token."""

    slug = "twilio"
    name = _("Twilio")

    def __init__(self, account: base.Account) -> None:
        """Keep the account; the library opens a connection with the first request."""
        self._account = account

    def _client(self) -> Client:
        return client_of(self._account)

    def search(self, query: base.Query) -> Sequence[base.Offer]:
        """Ask all lists of the type; Twilio knows no order and no pages: they are made here."""
        key = self._account.key or self.slug
        offers = {
            item.phone_number: base.Offer(item.phone_number, key, item.locality or "")
            for name in _LISTS[NumberType(query.number_type)]
            for item in self._available(name, query)
            if item.phone_number > query.after and _fits(item.phone_number, query)
        }
        return [offers[e164] for e164 in sorted(offers)][: query.limit]

    def _available(self, name: str, query: base.Query) -> list[Any]:
        pattern, says_all = contains(query)
        page = _PAGE if says_all else _LONG_PAGE
        filters: dict[str, Any] = {"page_size": page, "limit": page}
        if pattern:
            filters["contains"] = pattern
        if query.area_code:
            filters["area_code"] = int(query.area_code)
        if query.locality:
            filters["in_locality"] = query.locality
        if query.needs_voice:
            filters["voice_enabled"] = True
        if query.needs_sms:
            filters["sms_enabled"] = True
        client = self._client()
        country = client.available_phone_numbers(query.country)
        try:
            with _as_outcome():
                return list(getattr(country, name).list(**filters))
        except base.CarrierError as error:
            if told(error.__cause__)[0] == 404:
                return []  # this list does not exist in the country
            raise

    def cities(
        self, country: str, number_type: str = "", like: str = "", limit: int = 8
    ) -> Sequence[str]:
        """Know none: Twilio has no list of them."""
        return ()

    def offers(self, e164: str, number_type: str) -> bool:
        """Look for exactly this number in the lists of the type."""
        country = region_of(e164)
        if country is None:
            return False
        query = base.Query(country, number_type, national_digits(e164), Match.START)
        return any(offer.e164 == e164 for offer in self.search(query))

    def buy(self, e164: str, key: str, address: base.PostalAddress | None) -> str:
        """Buy unless this key has bought; return the SID of the number."""
        client = self._client()
        with _as_outcome():
            for owned in client.incoming_phone_numbers.list(phone_number=e164, limit=20):
                if owned.phone_number == e164 and owned.friendly_name == key:
                    return str(owned.sid)
            wish: dict[str, Any] = {"phone_number": e164, "friendly_name": key}
            wish |= self._hooks()
            if address is not None:
                wish["address_sid"] = self._address(client, key, address)
            return str(client.incoming_phone_numbers.create(**wish).sid)

    def _hooks(self) -> dict[str, str]:
        """Return where the number's texts and calls come to us, if Twilio can call there."""
        url = self._account.hooks_url
        if not url.startswith("https://"):
            return {}
        return {"sms_url": f"{url}/sms", "voice_url": f"{url}/voice"}

    def _address(self, client: Client, key: str, address: base.PostalAddress) -> str:
        for known in client.addresses.list(friendly_name=key, limit=20):
            if known.friendly_name == key:
                return str(known.sid)
        made = client.addresses.create(
            customer_name=address.name,
            street=address.street,
            city=address.city,
            region=address.region or address.city,
            postal_code=address.postal_code,
            iso_country=address.country,
            friendly_name=key,
        )
        return str(made.sid)

    def release(self, e164: str, reference: str) -> None:
        """Delete the number; one that is not there any more is no error."""
        try:
            with _as_outcome():
                self._client().incoming_phone_numbers(reference).delete()
        except base.CarrierError as error:
            if told(error.__cause__)[0] != 404:
                raise


def contains(query: base.Query) -> tuple[str, bool]:
    """Return what Twilio is asked for as ``Contains``, and whether that is all of the wish.

    ``+`` before the calling code ties a pattern to the start of the number, ``$`` to its end.
    Wildcards cannot stand between digits and a pattern has two characters or more (the
    description of the parameter in Twilio's API); then a part of the digits is asked for.
    """
    digits = query.digits
    runs = re.findall(r"[0-9]+", digits)
    if not runs:
        return "", not digits
    says_all = runs == [digits]
    if query.match == Match.START and digits[0].isdigit():
        return f"+{calling_code(query.country)}{runs[0]}", says_all
    if query.match == Match.END and digits[-1].isdigit():
        return f"{runs[-1]}$", says_all
    longest = max(runs, key=len)
    return (longest, says_all) if len(longest) >= _SHORTEST else ("", False)


def _fits(e164: str, query: base.Query) -> bool:
    """Tell whether the digits stand where they are wanted; ``Contains`` may say less."""
    pattern = query.digits.replace("*", "[0-9]")
    before = "" if query.match == Match.START else ".*"
    after = "" if query.match == Match.END else ".*"
    return bool(re.fullmatch(f"{before}{pattern}{after}", national_digits(e164)))
