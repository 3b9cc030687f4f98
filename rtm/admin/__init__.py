"""The gateway's rows, for support staff: everything to look at, nothing to change."""

from imiconnect.rtm.admin import customers, gateway

__all__ = ["customers", "gateway"]
