"""What the packages above supply to the health pages, bound in their ``ready()``."""

from collections.abc import Callable

#: Figures for ``/metrics``: a name such as ``messages_due`` and a function that counts.
#: The function may query the database; it is called once for each reading.
gauges: dict[str, tuple[str, Callable[[], float]]] = {}


def register_gauge(name: str, help_text: str, read: Callable[[], float]) -> None:
    """Offer a figure for ``/metrics`` as ``imiconnect_<name>``."""
    gauges[name] = (help_text, read)
