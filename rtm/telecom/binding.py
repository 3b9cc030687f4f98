"""SMS and voice put into the gateway: media, routes, and what carriers tell of them."""

from imiconnect.numbers import ports as of_numbers
from imiconnect.rtm.intake import media
from imiconnect.rtm.models import Channel
from imiconnect.rtm.routes import ROUTES
from imiconnect.rtm.telecom import events, recordings, traffic, words
from imiconnect.rtm.telecom.callers import called
from imiconnect.rtm.telecom.calls import VOICE, send_calls
from imiconnect.rtm.telecom.intake import SMS
from imiconnect.rtm.telecom.sending import send_sms


def bind() -> None:
    """Accept, send and receive SMS and calls; once, in ``ready``."""
    media.register(SMS)
    ROUTES[Channel.SMS.value] = ("sms", send_sms)
    media.register(VOICE)
    ROUTES[Channel.VOICE.value] = ("voice", send_calls)
    of_numbers.answers.called = called
    of_numbers.answers.went_on = recordings.went_on
    of_numbers.answers.carried = events.carried
    of_numbers.answers.own_word = words.own_word
    of_numbers.answers.traffic = traffic.traffic_of
