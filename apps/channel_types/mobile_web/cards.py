"""What of a mobile or web app is changed on its MANAGE page."""

from imiconnect.apps.channel_types.mobile_web import messaging, pins, system_card

CARDS = (system_card.CARD, messaging.CARD, pins.CARD)
