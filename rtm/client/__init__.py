"""The platform's Python client: a device of a Mobile/Web app, of the JavaScript SDK's shape.

It imports nothing of the server, so it runs wherever Python, aiomqtt and httpx do::

    domain = "https://connect.example.com"
    async with startup("AB12345678", "<client key>", domain=domain) as device:
        device.on("message", lambda message: print(message.text))
        await device.register(user_id="alice")
        await device.connect()
        await device.publish(text="Hello")
"""

from imiconnect.rtm.client.client import Client
from imiconnect.rtm.client.errors import ErrorCode, SdkError
from imiconnect.rtm.client.messages import Message, MessageStatus
from imiconnect.rtm.client.starting import startup
from imiconnect.rtm.client.storage import FileStore, MemoryStore, Store

__all__ = [
    "Client",
    "ErrorCode",
    "FileStore",
    "MemoryStore",
    "Message",
    "MessageStatus",
    "SdkError",
    "Store",
    "startup",
]
