"""Ending a device's connection, whichever server holds it.

A broker closes the older connection of a client id when a newer one comes (MQTT 3.1.1,
3.1.4-2). So the gateway connects under the device's client id, and leaves again.
"""

import logging

from imiconnect.rtm.connect.broker import broker
from imiconnect.rtm.protocol import frames, topics
from imiconnect.rtm.protocol.frames import Connect, FrameReader

log = logging.getLogger(__name__)

_SECONDS = 2.0
_DISCONNECT = bytes([frames.Kind.DISCONNECT << 4, 0])


def kick(app_id: str, user_id: str, device_id: str) -> bool:
    """End the device's connection and its session; False when the broker does not answer.

    Without the broker nobody is connected, and who connects later is asked again.
    """
    target = broker()
    connect = Connect(
        client_id=topics.broker_client_id(app_id, user_id, device_id),
        username=target.username,
        password=target.password,
        clean=True,
    )
    try:
        with target.open(_SECONDS) as side:
            side.sendall(frames.write_connect(connect))
            reader = FrameReader(64)
            while not reader.feed(data := side.recv(64)):
                if not data:
                    return False
            side.sendall(_DISCONNECT)
    except OSError as error:
        log.warning("A device could not be disconnected: %s", error)
        return False
    return True
