"""``/api/v1/services/<id>/rules/``: the same rules as on the Rules tab."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps.models import App
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.sharing.models import Rule, RuleRun, Service
from imiconnect.sharing.rules import services
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.services import Draft
from imiconnect.sharing.rules.simulation import simulate
from imiconnect.sharing.rules.vocabulary import Action, Listens, Operator


class ConditionSerializer(serializers.Serializer[Any]):
    """One condition: what the event tells, how it is compared, with what."""

    field = serializers.CharField(max_length=60)
    operator = serializers.ChoiceField(choices=Operator.choices)
    value = serializers.CharField(max_length=1000)


class RuleSerializer(serializers.Serializer[Any]):
    """A rule; what its action does not need is empty."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=100)
    position = serializers.IntegerField(read_only=True)
    listens = serializers.ChoiceField(choices=Listens.choices)
    channel = serializers.CharField(max_length=30, allow_blank=True, required=False)
    app = serializers.UUIDField(source="app_id", allow_null=True, required=False)
    conditions = ConditionSerializer(many=True, required=False)
    action = serializers.ChoiceField(choices=Action.choices)
    send_channel = serializers.CharField(max_length=30, allow_blank=True, required=False)
    send_app = serializers.UUIDField(source="send_app_id", allow_null=True, required=False)
    recipient = serializers.CharField(max_length=200, allow_blank=True, required=False)
    text = serializers.CharField(max_length=4000, allow_blank=True, required=False)
    template = serializers.UUIDField(
        allow_null=True, required=False, help_text="A message template, instead of the text."
    )
    parameters = serializers.DictField(
        child=serializers.CharField(max_length=1000, allow_blank=True),
        required=False,
        help_text=(
            "What fills in each parameter of the template, such as {{text}}. One that is not "
            "named is what the event tells under its name, or else the profile."
        ),
    )
    url = serializers.CharField(max_length=500, allow_blank=True, required=False)
    is_active = serializers.BooleanField(required=False)
    starts_at = serializers.DateTimeField(allow_null=True, required=False)
    ends_at = serializers.DateTimeField(allow_null=True, required=False)
    stops = serializers.BooleanField(required=False)
    limit_per_minute = serializers.IntegerField(required=False)
    pause_seconds = serializers.IntegerField(required=False)
    created_at = serializers.DateTimeField(read_only=True)


class PositionSerializer(serializers.Serializer[Any]):
    """The place of a rule, 0 for the first."""

    position = serializers.IntegerField(min_value=0, required=False)


class ChangedRuleSerializer(RuleSerializer, PositionSerializer):
    """What can be changed of a rule."""

    name = serializers.CharField(max_length=100, required=False)
    listens = serializers.ChoiceField(choices=Listens.choices, required=False)
    action = serializers.ChoiceField(choices=Action.choices, required=False)
    position = serializers.IntegerField(min_value=0, required=False)


class RunSerializer(serializers.Serializer[Any]):
    """What a rule did about one event."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    event_kind = serializers.CharField()
    channel = serializers.CharField()
    address = serializers.CharField()
    message_id = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=RuleRun.State.choices)
    transid = serializers.UUIDField(allow_null=True)
    code = serializers.IntegerField()
    reason = serializers.CharField()


class TriedEventSerializer(serializers.Serializer[Any]):
    """An event to try; ``values`` is what it tells, ``before`` what a device told earlier."""

    event = serializers.ChoiceField(
        choices=[choice for choice in Listens.choices if choice[0] != Listens.KEYWORD]
    )
    channel = serializers.CharField(max_length=30, default="")
    app = serializers.UUIDField(allow_null=True, default=None)
    address = serializers.CharField(max_length=128)
    values = serializers.DictField(default=dict)
    before = serializers.DictField(default=dict)


class TriedCheckSerializer(serializers.Serializer[Any]):
    """One thing that was looked at."""

    passed = serializers.BooleanField()
    text = serializers.CharField()


class TriedRuleSerializer(serializers.Serializer[Any]):
    """What a rule would do, and why."""

    rule = serializers.UUIDField(source="rule.pk")
    name = serializers.CharField(source="rule.name")
    acts = serializers.BooleanField()
    checks = TriedCheckSerializer(many=True)
    left_out_by = serializers.UUIDField(source="left_out_by.pk", allow_null=True, default=None)
    act = serializers.DictField(allow_null=True)


class RuleViewSet(MemberViewSet):
    """The rules of one service."""

    queryset = Service.objects.none()
    serializer_class = RuleSerializer
    acts: ClassVar = {
        "create": Act.MANAGE_RULES,
        "partial_update": Act.MANAGE_RULES,
        "destroy": Act.MANAGE_RULES,
    }

    def get_queryset(self) -> QuerySet[Any]:
        """Return the services that the caller may see."""
        return self.visible(Service.objects.visible_to)

    @extend_schema(responses=RuleSerializer(many=True))
    def list(self, request: Request, pk: str) -> Response:
        """List the rules of a service in their order; there are 100 at most."""
        rows = self.get_object().rules.in_order()
        return Response(RuleSerializer(rows, many=True).data)

    @extend_schema(request=RuleSerializer, responses={201: RuleSerializer})
    def create(self, request: Request, pk: str) -> Response:
        """Add a rule behind the others."""
        service = self.get_object()
        draft = Draft(**self._parts(checked_body(RuleSerializer, request)))
        rule = services.create_rule(service=service, draft=draft, by=self.member.user)
        return Response(RuleSerializer(rule).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=RuleSerializer)
    def retrieve(self, request: Request, pk: str, rule: str) -> Response:
        """Return a rule."""
        return Response(RuleSerializer(self._rule(rule)).data)

    @extend_schema(request=ChangedRuleSerializer, responses=RuleSerializer)
    def partial_update(self, request: Request, pk: str, rule: str) -> Response:
        """Change parts of a rule, or its place; ``is_active`` pauses it."""
        found = self._rule(rule)
        values = checked_body(ChangedRuleSerializer, request)
        position, active = values.pop("position", None), values.pop("is_active", None)
        if values:
            services.update_rule(rule=found, **self._parts(values))
        if active is not None:
            services.set_active(rule=found, active=active)
        if position is not None:
            services.move_rule(rule=found, position=position)
        return Response(RuleSerializer(self._rule(rule)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, rule: str) -> Response:
        """Delete a rule with its log."""
        services.delete_rule(rule=self._rule(rule))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=RunSerializer(many=True))
    def log(self, request: Request, pk: str, rule: str) -> Response:
        """List what a rule did, newest first."""
        page = self.paginate_queryset(self._rule(rule).runs.all())
        return self.get_paginated_response(RunSerializer(page, many=True).data)

    @extend_schema(request=TriedEventSerializer, responses=TriedRuleSerializer(many=True))
    def simulate(self, request: Request, pk: str) -> Response:
        """Return what each rule would do about an event; nothing is sent."""
        service = self.get_object()
        body = checked_body(TriedEventSerializer, request)
        app = self._app(body["app"])
        event = Event(
            kind=body["event"],
            organization_id=service.organization_id,
            service_id=service.pk,
            channel=body["channel"] or ("rt" if app else ""),
            app_id=app.pk if app else None,
            address=body["address"],
            values=body["values"],
            before=body["before"],
        )
        tried = simulate(service, event, timezone.now())
        return Response(TriedRuleSerializer(tried, many=True).data)

    def _rule(self, rule: str) -> Rule:
        found: Rule = get_object_or_404(
            self.get_object().rules.select_related("service"), pk=rule
        )
        return found

    def _parts(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the parts of a rule, apps as rows."""
        parts = {name: value for name, value in values.items() if not name.endswith("app_id")}
        for name in ("app", "send_app"):
            if f"{name}_id" in values:
                parts[name] = self._app(values[f"{name}_id"])
        return parts

    def _app(self, key: Any) -> App | None:
        if key is None:
            return None
        app: App | None = App.objects.visible_to(self.member).filter(pk=key).first()
        if app is None:
            raise ValidationError({"app": [_("There is no such app.")]})
        return app
