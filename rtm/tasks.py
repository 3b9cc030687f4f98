"""The tasks of the gateway, found here by Celery."""

from imiconnect.rtm.callbacks.tasks import send_callbacks

__all__ = ["send_callbacks"]
