"""Tokens, for support staff to look at."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.support import ReadOnlyAdmin
from imiconnect.tokens.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Who has which token, and when it was used."""

    list_display = (
        "name",
        "prefix",
        "organization",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter: ClassVar = [("organization", AutocompleteSelectFilter)]
    list_select_related = ("organization",)
    search_fields = ("name", "prefix")
    fields = (*list_display, "member", "scopes")
    ordering = ("-id",)
