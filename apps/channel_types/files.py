"""Which files a channel takes: said to who sends them before they try."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MB = 1024 * 1024


@dataclass(frozen=True)
class Takes:
    """Bytes that a file may have, by its MIME type, by a family of types, or by ``*/*``.

    ``beside_text`` tells whether one message can have a text and a file.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    beside_text: bool = False

    def most(self, content_type: str) -> int:
        """Return the bytes that a file of a type may have; 0 where the type is not taken."""
        family = f"{content_type.partition('/')[0]}/*"
        known = (name for name in (content_type, family, "*/*") if name in self.sizes)
        return next((self.sizes[name] for name in known), 0)
