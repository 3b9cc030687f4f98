"""The record, for support staff."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateTimeFilter

from imiconnect.audit.models import AuditEntry, AuditLink
from imiconnect.support import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed what in any organization."""

    list_display = ("action", "object_name", "actor_name", "address", "created_at")
    list_filter: ClassVar = [("created_at", RangeDateTimeFilter), "object_type"]
    list_select_related = ("actor",)
    exact = ("organization_id", "object_id", "actor_name", "action", "id")
    ordering = ("-id",)


@admin.register(AuditLink)
class AuditLinkAdmin(ReadOnlyAdmin):
    """The chain over the record, by organization."""

    list_display = ("number", "organization_id", "entry_id", "digest", "created_at")
    list_filter: ClassVar = [("created_at", RangeDateTimeFilter)]
    exact = ("organization_id", "entry_id", "digest")
    ordering = ("-created_at", "-number")
