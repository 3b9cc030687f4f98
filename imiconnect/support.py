"""What every page of the Django admin for support staff shares.

Support staff look at everything, and change only through the packages' services: a class
either names the service calls in ``write``, or is read-only. Secrets are never drawn.
"""

import uuid
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast, Right
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from imiconnect.identity import end_of
from imiconnect.keys import masked
from imiconnect.vault import EncryptedTextField

#: A digest finds a key; it is of no use to a reader, and of some to a guesser.
_NEVER_SHOWN = ("digest", "password", "session_key")
#: Secrets of this many characters keep enough to themselves when eight are shown.
_LONG = 24


def logo(request: HttpRequest) -> str:
    """Return the address of the logo, for the admin's theme, which calls this by its name."""
    return static("imiconnect/logo.svg")


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Counts to ten thousand and no further: the log has millions of rows."""

    LIMIT = 10_000

    @cached_property
    def count(self) -> int:
        """Return the number of rows, or the limit."""
        rows: Any = self.object_list
        found: int = rows.order_by()[: self.LIMIT].count()
        return found


class ReadOnlyAdmin(ModelAdmin):
    """A list and a page of fields, without a way to change anything.

    ``exact`` names fields in which a search finds the whole value, by their index; UUID
    fields among them take only what looks like one. ``search_fields`` finds parts as usual.
    Rows that people are told a reference of (``is_named``) are found by it too.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = True
    actions_list: ClassVar[list[str]] = []
    search_fields: Any = ()
    exact: ClassVar[tuple[str, ...]] = ()
    is_named = False

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        """Make a masked column for each encrypted field."""
        super().__init__(model, admin_site)
        self.search_fields = self.search_fields or self.exact[:1]
        for field in model._meta.get_fields():
            if isinstance(field, EncryptedTextField):
                setattr(self, _mask_name(field.name), _mask_of(field))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: rows come from the services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the page is to look at."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the record stays."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields, each secret by its mask and digests not at all."""
        names = super().get_fields(request, obj)
        return [self._shown(name) for name in names if not _is_never_shown(str(name))]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return what cannot be edited: the masks always."""
        masks = [_mask_name(name) for name in self._encrypted]
        return [*super().get_readonly_fields(request, obj), *masks]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find what a reference names, or the whole value of ``exact``; else as Django does."""
        end = end_of(search_term)
        if end and self.is_named:
            key = Right(Cast("pk", CharField()), len(end))
            return queryset.alias(_end=key).filter(_end=end), False
        if not self.exact or not search_term:
            return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]  # unfold has no types
        condition = Q(pk__in=[])
        for name in self.exact:
            value = self._as_value(name, search_term.strip())
            if value is not None:
                condition |= Q(**{name: value})
        return queryset.filter(condition), False

    def _as_value(self, name: str, term: str) -> Any:
        if self.model._meta.get_field(name).get_internal_type() != "UUIDField":
            return term
        try:
            return uuid.UUID(term)
        except ValueError:
            return None

    @property
    def _encrypted(self) -> list[str]:
        fields = self.model._meta.get_fields()
        return [field.name for field in fields if isinstance(field, EncryptedTextField)]

    def _shown(self, name: Any) -> str:
        return _mask_name(name) if name in self._encrypted else name


class ServiceAdmin(ReadOnlyAdmin):
    """Rows that support staff add or change, through the services that ``write`` calls."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Allow what Django's permissions allow."""
        return bool(ModelAdmin.has_add_permission(self, request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow what Django's permissions allow."""
        return bool(ModelAdmin.has_change_permission(self, request, obj))

    def write(self, obj: Any, *, change: bool) -> Any:
        """Call the services for a checked form's object and return the row as it is now.

        ``ValidationError`` of a service is shown above the form; nothing is changed then.
        """
        raise AttributeError(f"{type(self).__name__} needs write")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write through the services, and let the answer speak of the real row."""
        written = self.write(obj, change=change)
        obj.__dict__.update(written.__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what a service refused; Django's transaction has undone the rest."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]  # unfold has no types
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def _mask_name(field: str) -> str:
    return f"masked_{field}"


def _mask_of(field: EncryptedTextField) -> Any:
    def mask(obj: Any) -> str:
        secret = getattr(obj, field.name) or ""
        if not secret:
            return "-"
        return masked(secret) if len(secret) >= _LONG and "{" not in secret else str(_("Set"))

    mask.short_description = field.verbose_name  # type: ignore[attr-defined]  # read by the admin
    return mask


def _is_never_shown(name: str) -> bool:
    return any(word in name for word in _NEVER_SHOWN)
