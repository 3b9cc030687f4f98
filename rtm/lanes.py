"""The queues of what goes out: one for the broker, one for each kind of provider.

A provider that is slow or away holds up its own lane alone. A medium names its lane; each has
a Celery queue of the same name, so that it is started and scaled by itself.
"""

MT, OTT, SMS, VOICE, PUSH = "mt", "ott", "sms", "voice", "push"
LANES = (MT, OTT, SMS, VOICE, PUSH)
