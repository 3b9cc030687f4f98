"""What the double remembers."""

from imiconnect.sandbox.store import Store

STORE = Store("wechat")
