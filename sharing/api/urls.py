"""Routes of the REST interface of services and shares."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from imiconnect.sharing.api.numbers import ServiceNumberViewSet
from imiconnect.sharing.api.rules import RuleViewSet
from imiconnect.sharing.api.shares import NumberShareViewSet, NumberWhyViewSet, ShareViewSet
from imiconnect.sharing.api.views import ServiceViewSet

router = SimpleRouter()
router.register("services", ServiceViewSet, basename="api-service")

_NUMBERS = ServiceNumberViewSet.as_view({"get": "list", "post": "create"})
_NUMBER = ServiceNumberViewSet.as_view({"delete": "destroy"})
_INCOMING = ServiceNumberViewSet.as_view({"post": "receive"})
_SHARES = ShareViewSet.as_view({"get": "list", "put": "update", "post": "create"})
_REFUSED = NumberShareViewSet.as_view({"put": "refuse", "post": "refuse"})

_RULES = RuleViewSet.as_view({"get": "list", "post": "create"}, pagination_class=None)
_TRY = RuleViewSet.as_view({"post": "simulate"}, pagination_class=None)
_RULE = RuleViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})

urlpatterns = [
    *router.urls,
    path("services/<uuid:pk>/rules/", _RULES, name="api-rules"),
    path("services/<uuid:pk>/rules/simulate/", _TRY, name="api-rules-simulate"),
    path("services/<uuid:pk>/rules/<uuid:rule>/", _RULE, name="api-rule"),
    path(
        "services/<uuid:pk>/rules/<uuid:rule>/log/",
        RuleViewSet.as_view({"get": "log"}),
        name="api-rule-log",
    ),
    path("services/<uuid:pk>/numbers/", _NUMBERS, name="api-service-numbers"),
    path("services/<uuid:pk>/numbers/<uuid:mapping>/", _NUMBER, name="api-service-number"),
    path(
        "services/<uuid:pk>/numbers/<uuid:mapping>/incoming/",
        _INCOMING,
        name="api-service-number-incoming",
    ),
    path("apps/<uuid:pk>/shares/", _SHARES, name="api-app-shares"),
    path(
        "apps/<uuid:pk>/shares/preview/",
        ShareViewSet.as_view({"post": "preview"}),
        name="api-app-shares-preview",
    ),
    path(
        "apps/<uuid:pk>/shares/<uuid:level>/",
        ShareViewSet.as_view({"delete": "destroy"}),
        name="api-app-share",
    ),
    path("apps/<uuid:pk>/why/", ShareViewSet.as_view({"get": "why"}), name="api-app-why"),
    path(
        "numbers/<uuid:pk>/why/",
        NumberWhyViewSet.as_view({"get": "why"}),
        name="api-number-why",
    ),
    path("numbers/<uuid:pk>/shares/", _REFUSED, name="api-number-shares"),
]
