"""What the outcome of a message means to a person, and what to do about it.

The words of the codes are documented (facts/imiconnect.md, sections 13 and 14); those of the
RTM and Push failures are not, so they say what happened in this gateway.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.console.words import Words
from imiconnect.rtm.conditions import SKIPPED
from imiconnect.rtm.models import Channel, Message
from imiconnect.rtm.protocol.states import State


@dataclass(frozen=True)
class Verdict:
    """The head of a journey: ``state`` is a word of ``console.states``, ``code`` 0 for none."""

    state: str
    code: int
    headline: Words
    advice: Words


_HEADLINES: dict[State, tuple[Words, Words]] = {
    State.QUEUED: (
        _("Waiting to be sent"),
        _("Nothing to do: the next try is named below."),
    ),
    State.SUBMITTED: (
        _("Sent, and not yet confirmed by a device"),
        _(
            "Nothing to do: it is sent again when the customer's device connects, until it "
            "expires."
        ),
    ),
    State.DELIVERED: (_("Delivered to the customer's device"), _("Nothing to do.")),
    State.READ: (_("Read by the customer"), _("Nothing to do.")),
    State.FAILED: (
        _("Not delivered"),
        _("Look at the last attempt below for the reason, then send it again."),
    ),
    State.EXPIRED: (
        _("Expired before a device confirmed it"),
        _(
            "No device of the customer took it in time. Check under Customers that one is "
            "connected, or send it with a later expiry."
        ),
    ),
    State.RECEIVED: (_("Received from the customer"), _("Nothing to do.")),
}

#: Where a message through a provider differs: no device of ours confirms it.
_OVER_PROVIDERS: dict[State, tuple[Words, Words]] = {
    State.SUBMITTED: (
        _("With the provider, and not yet confirmed"),
        _("Nothing to do: the provider's receipt is waited for until the message expires."),
    ),
    State.DELIVERED: (_("Delivered to the customer's conversation"), _("Nothing to do.")),
    State.EXPIRED: (
        _("Expired before it was confirmed"),
        _("The provider did not confirm it in time. Send it again, or with a later expiry."),
    ),
}

#: Where a message over a number differs: no device of ours confirms it.
_OVER_NUMBERS: dict[State, tuple[Words, Words]] = {
    State.SUBMITTED: (
        _("With the operator, and not yet confirmed"),
        _("Nothing to do: the operator's receipt is waited for until the message expires."),
    ),
    State.DELIVERED: (_("Delivered to the customer's phone"), _("Nothing to do.")),
    State.EXPIRED: (
        _("Expired before it was confirmed"),
        _("The phone may have been off. Send it again, or with a later expiry."),
    ),
}

#: Where a call differs from a text.
_CALLS: dict[State, tuple[Words, Words]] = {
    State.SUBMITTED: (
        _("The phone is called"),
        _("Nothing to do: the operator tells whether somebody answers."),
    ),
    State.DELIVERED: (_("The customer answered the call"), _("Nothing to do.")),
}

#: What to do about a failure, by its documented code.
_ADVICE: dict[int, Words] = {
    7101: _(
        "Check which numbers the service has on its SMS tab, and under Tools > SMS "
        "RESTRICTIONS what the country allows."
    ),
    7102: _("Correct the mobile number; it needs its country code."),
    7109: _("Respect it. The list is under Customers > Opt-outs."),
    7203: _("The number is not in use. Ask the customer for another one."),
    7206: _("The memory of the phone is full. Send it again later."),
    7207: _("The phone is off or out of coverage. Send it again later."),
    7221: _("Respect it: the customer rejected the call."),
    7222: _("Call again later."),
    7223: _("Call again later."),
    7004: _("Correct what the request said, as the reason names it, and send it again."),
    7006: _(
        "Something failed inside the platform. Send it again; if it fails again, ask support."
    ),
    7007: _("The service is not live. Take it live under Services, then send it again."),
    7105: _(
        "No device is registered for this user ID in the app. Check the user ID, and that the "
        "customer has opened the app once."
    ),
    7202: _(
        "The platform could not hand it on. Look at the attempts below, then send it again."
    ),
    SKIPPED: _("Nothing to do: the request asked to leave out whom its conditions do not fit."),
}


#: Where a failure at a provider needs another advice: it has addresses, not numbers.
_ADVICE_OVER_PROVIDERS: dict[int, Words] = {
    7203: _("Check the customer's address under Customers > Contacts."),
    7207: _("Send it again later, or on another channel."),
}


def verdict_of(message: Message) -> Verdict:
    """Return the verdict on a message as it is now."""
    state = State(message.state)
    headline, advice = _HEADLINES[state]
    advices = _ADVICE
    if message.app and registry.get(message.app.channel_type).request:
        headline, advice = _OVER_PROVIDERS.get(state, (headline, advice))
        advices = _ADVICE | _ADVICE_OVER_PROVIDERS
    if message.channel in (Channel.SMS, Channel.VOICE):
        headline, advice = _OVER_NUMBERS.get(state, (headline, advice))
    if message.channel == Channel.VOICE:
        headline, advice = _CALLS.get(state, (headline, advice))
    if state == State.FAILED:
        advice = advices.get(message.code, advice)
    return Verdict(state.name.lower(), message.code, headline, advice)
