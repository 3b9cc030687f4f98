"""The countries' quiet hours and rules of content, held against texts that are to go out.

What a text is for decides: ``channels.sms.purpose`` of its request, else the service. In quiet
hours it waits, or is refused where the service wants that; a rule of content refuses it.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imiconnect.apps.policy import Policy
from imiconnect.numbers.models import Covers, ReservedWord, SmsContentRule, SmsHours
from imiconnect.public_holidays import holiday_on
from imiconnect.rtm.outcomes import Failed, Postponed, Reason
from imiconnect.rtm.routes import Parcel
from imiconnect.rtm.telecom import wording
from imiconnect.rtm.telecom.addresses import country_of
from imiconnect.rtm.telecom.hours import Window, holidays_until, next_open, zones_of
from imiconnect.rtm.telecom.rules import INVALID_SENDER
from imiconnect.rtm.telecom.senders import Sender
from imiconnect.sharing.models import Service

#: "Failed at platform": we did not hand it over (facts/imiconnect.md, section 14).
AT_PLATFORM = 7202
#: Seconds that a text lives without an expiry of its own.
_LIFETIME = Policy().expiry_seconds
Purpose, QuietHours = Service.Purpose, Service.QuietHours


@dataclass(frozen=True)
class _Settings:
    purpose: str
    quiet_hours: str


class CountryRules:
    """What some countries ask of texts, and what some services want of them."""

    def __init__(self, wanted: Iterable[tuple[uuid.UUID | None, str]]) -> None:
        """Read what is asked of (service, destination): four queries at most."""
        wanted = set(wanted)
        countries = {country_of(to) for _service, to in wanted}
        self._hours: dict[str, list[SmsHours]] = defaultdict(list)
        for row in SmsHours.objects.filter(country__in=countries).select_related("country"):
            self._hours[row.country_id].append(row)
        self._content: dict[str, list[SmsContentRule]] = defaultdict(list)
        content = SmsContentRule.objects.filter(country__in=countries)
        for rule in content.select_related("country"):
            self._content[rule.country_id].append(rule)
        self._services: dict[uuid.UUID | None, _Settings] = {}
        self._words: frozenset[str] = frozenset()
        if self._hours or self._content:
            self._read_settings({service for service, _to in wanted if service})

    def _read_settings(self, services: set[uuid.UUID]) -> None:
        rows = Service.objects.filter(pk__in=services)
        for pk, purpose, quiet in rows.values_list("pk", "sms_purpose", "sms_quiet_hours"):
            self._services[pk] = _Settings(purpose, quiet)
        if any(
            rule.kind == SmsContentRule.Kind.NAMES_OPT_OUT
            for rules in self._content.values()
            for rule in rules
        ):
            words = ReservedWord.objects.filter(meaning=ReservedWord.Meaning.OPT_OUT)
            self._words = frozenset(words.values_list("folded", flat=True))

    def obstacle(
        self, parcel: Parcel, sender: Sender, now: dt.datetime
    ) -> Failed | Postponed | None:
        """Return why a text may not go out, or not yet; None where it may."""
        country = country_of(parcel.told.address)
        if country not in self._hours and country not in self._content:
            return None
        settings = self._services.get(parcel.told.service_id) or _Settings(
            Purpose.TRANSACTIONAL, QuietHours.WAIT
        )
        purpose = parcel.payload.get("purpose") or settings.purpose
        covers = {Covers.EVERY.value}
        if purpose == Purpose.PROMOTIONAL:
            covers.add(Covers.PROMOTIONAL.value)
        refused = self._wording(parcel.payload, sender, country, covers)
        if refused:
            return Failed(refused)
        rows = [row for row in self._hours.get(country, ()) if row.covers in covers]
        # Hours of promotional texts are narrower than those of every text.
        rows = [row for row in rows if row.covers == Covers.PROMOTIONAL] or rows
        return _quiet(parcel, rows, settings, now) if rows else None

    def _wording(
        self, payload: dict[str, Any], sender: Sender, country: str, covers: set[str]
    ) -> Reason | None:
        for rule in self._content.get(country, ()):
            if rule.covers in covers and wording.lacks(
                rule.kind,
                rule.value,
                text=payload["message"],
                sender=sender.shown,
                sender_kind=sender.kind,
                opt_out_words=self._words,
            ):
                is_sender = rule.kind == SmsContentRule.Kind.SENDER_BEGINS_WITH
                text = wording.sentence(rule.kind, rule.value, rule.country.name)
                return Reason(INVALID_SENDER if is_sender else AT_PLATFORM, text)
        return None


def _quiet(
    parcel: Parcel, rows: list[SmsHours], settings: _Settings, now: dt.datetime
) -> Failed | Postponed | None:
    """Return that a text waits until the quiet hours end, or that it is refused for them."""
    windows = [_window(row) for row in rows]
    opens, zone = next_open(windows, zones_of(parcel.told.address), now)
    if opens <= now:
        return None
    because = _because(holidays_until(windows, zone, now, opens))
    words = {"country": rows[0].country.name, "until": _local(opens, zone), "zone": zone}
    if settings.quiet_hours == QuietHours.REFUSE:
        text = _("It is quiet hours in %(country)s, until %(until)s (%(zone)s).")
        return Failed(Reason(AT_PLATFORM, text % words + because))
    wait = (opens - now).total_seconds()
    text = _("Waits for the end of quiet hours in %(country)s, %(until)s (%(zone)s).")
    if not parcel.payload.get("own_expiry"):
        # Its time is for the carrier's tries: it begins when the text may go.
        return Postponed(wait, text % words + because, wait + _LIFETIME)
    if opens >= parcel.claim.expires_at:
        text = _(
            "Quiet hours in %(country)s end on %(until)s (%(zone)s), after the message expires."
        )
    return Postponed(wait, text % words + because)


def _window(row: SmsHours) -> Window:
    """Return the hours of a row as the calendar reads them."""
    days = frozenset(row.days)
    if not row.holidays:
        return Window(days, row.opens, row.closes)
    return Window(days, row.opens, row.closes, partial(holiday_on, row.holidays))


def _because(found: list[tuple[dt.date, str]]) -> str:
    """Return a sentence about the holidays that a text waits for, with a space before it."""
    if not found:
        return ""
    days = ", ".join(f"{day} ({name})" for day, name in found)
    text = ngettext("Public holiday there: %s.", "Public holidays there: %s.", len(found))
    return " " + text % days


def _local(moment: dt.datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
