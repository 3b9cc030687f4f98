"""The memory of one twin: things by kind and key, and what it is told to do wrong."""

from typing import Any

from django.db import transaction

from imiconnect.sandbox.models import Thing

#: The ways in which a twin can misbehave, as ``kind="switch"`` things.
_SWITCH = "switch"


class Store:
    """What one twin remembers."""

    def __init__(self, twin: str) -> None:
        """Name the twin."""
        self._twin = twin

    def _rows(self, kind: str) -> Any:
        return Thing.objects.filter(twin=self._twin, kind=kind)

    def put(self, kind: str, key: str, /, **data: Any) -> dict[str, Any]:
        """Keep a thing, in place of one with the same key; return what is kept."""
        Thing.objects.update_or_create(
            twin=self._twin, kind=kind, key=key, defaults={"data": data}
        )
        return data

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a thing, or None."""
        found: dict[str, Any] | None = (
            self._rows(kind).filter(key=key).values_list("data", flat=True).first()
        )
        return found

    @transaction.atomic
    def change(self, kind: str, key: str, /, **data: Any) -> dict[str, Any] | None:
        """Change parts of a thing; None when there is none."""
        row = self._rows(kind).select_for_update().filter(key=key).first()
        if row is None:
            return None
        row.data = {**row.data, **data}
        row.save(update_fields=["data"])
        changed: dict[str, Any] = row.data
        return changed

    def drop(self, kind: str, key: str) -> bool:
        """Forget a thing; tell whether it was there."""
        return bool(self._rows(kind).filter(key=key).delete()[0])

    def all(self, kind: str, /, **wanted: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return key and data of the things of a kind, oldest first; ``wanted`` narrows."""
        rows = self._rows(kind).filter(**{f"data__{name}": v for name, v in wanted.items()})
        return list(rows.order_by("id").values_list("key", "data"))

    def misbehaves(self, how: str) -> bool:
        """Tell whether a switch is on."""
        return bool(self._rows(_SWITCH).filter(key=how).exists())

    def switches(self) -> set[str]:
        """Return the switches that are on."""
        return set(self._rows(_SWITCH).values_list("key", flat=True))

    def set_switches(self, wanted: set[str]) -> None:
        """Turn exactly these switches on."""
        with transaction.atomic():
            self._rows(_SWITCH).exclude(key__in=wanted).delete()
            for how in wanted:
                self.put(_SWITCH, how)
