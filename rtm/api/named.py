"""What the REST views of topics and of segments share: both are an app's, and have names."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.apps.models import App
from imiconnect.rest import MemberViewSet


class NamedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Those of the apps that the caller may see; ``queryset`` of a subclass names the model."""

    queryset: Any

    def get_queryset(self) -> QuerySet[Any]:
        """Return them, those of one app where the query of a list names it."""
        rows = self.visible(self.queryset.model.objects.visible_to).select_related("app")
        if self.action == "list" and (given := self.request.query_params.get("app")):
            rows = rows.filter(app=serializers.UUIDField().run_validation(given))
        return rows

    def app_of(self, key: Any) -> App:
        """Return the app for which one is to be made, or 404."""
        found: App = get_object_or_404(App.objects.visible_to(self.member), pk=key)
        return found

    @extend_schema(parameters=[OpenApiParameter("app", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, newest first."""
        return super().list(request, *args, **kwargs)
