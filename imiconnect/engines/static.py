"""How static files are stored: named by their content, and compressed once, quickly."""

from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: The highest quality takes a minute of a first start to save another tenth of the bytes.
_QUALITY = 5


class QuickCompressor(Compressor):
    """Whitenoise's compressor at a quality that suits a first start."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        """Return the compressed file."""
        return brotli.compress(data, quality=_QUALITY)


class StaticStorage(CompressedManifestStaticFilesStorage):
    """The storage of ``collectstatic``."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """Return the compressor for the collected files."""
        return QuickCompressor(**kwargs)
