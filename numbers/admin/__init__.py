"""The admin of numbers for support staff: queues, stock and catalogue."""

from imiconnect.numbers.admin import catalogue, queues, records

__all__ = ["catalogue", "queues", "records"]
