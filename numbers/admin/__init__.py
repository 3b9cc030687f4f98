"""The admin of numbers for support staff: queues, stock and catalogue."""

from imiconnect.numbers.admin import carriers, catalogue, queues, records

__all__ = ["carriers", "catalogue", "queues", "records"]
