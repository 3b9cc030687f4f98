"""Addresses of static files, found out once: a page names a dozen, always the same."""

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """whitenoise's storage, which keeps the addresses that it has given."""

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of a file; raises ``ValueError`` for one that is not there."""
        known: dict[object, str] = self.__dict__.setdefault("_urls", {})
        key = (name, force, settings.DEBUG)
        if key not in known:
            known[key] = super().url(name, force)
        return known[key]
