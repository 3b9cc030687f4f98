"""What a call hears, in Twilio's markup: https://www.twilio.com/docs/voice/twiml."""

from collections.abc import Sequence

from twilio.twiml.voice_response import VoiceResponse

from imiconnect.numbers.carriers import voice

#: Seconds of silence that end a recording.
_SILENCE = 5
#: What Twilio tells of a recording: that it is there, or that nothing was said.
_EVENTS = "completed absent"


def twiml(actions: Sequence[voice.Action], hooks_url: str) -> str:
    """Return the document; ``hooks_url`` is where Twilio reaches us for this account.

    A Record without ``action`` would ask for the document of the call again, and so record
    without end.
    """
    response = VoiceResponse()
    for action in actions:
        match action:
            case voice.Say(text, language):
                response.say(text, language=language)
            case voice.Play(url):
                response.play(url)
            case voice.Answer():
                response.pause(length=1)
            case voice.Patch(to):
                response.dial(f"+{to}")
            case voice.Record(key, max_seconds, beep):
                response.record(
                    action=f"{hooks_url}/recorded/{key}",
                    max_length=max_seconds,
                    play_beep=beep,
                    timeout=_SILENCE,
                    finish_on_key="#",
                    recording_status_callback=f"{hooks_url}/recording/{key}",
                    recording_status_callback_event=_EVENTS,
                )
            case voice.Reject():
                response.reject()
            case voice.HangUp():
                response.hangup()
    return str(response)
