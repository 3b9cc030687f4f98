"""``/api/v1/templates/``: message templates, by the services of the pages."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.rtm.intake.answers import Refusal
from imiconnect.rtm.models import Channel, MessageTemplate
from imiconnect.rtm.models.templates import TEMPLATE_WORDS
from imiconnect.rtm.rest.fields import JSONObject
from imiconnect.rtm.telecom.parts import split_text
from imiconnect.rtm.wordings import services
from imiconnect.rtm.wordings.rendering import MAX_VALUE, names_in
from imiconnect.sharing.models import Service


class TemplateSerializer(serializers.Serializer[Any]):
    """A message template."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    channel = serializers.CharField()
    service = serializers.UUIDField(
        source="service_id", allow_null=True, help_text="null: every service may use it."
    )
    content = JSONObject(help_text="What channels.<channel> of a request holds.")
    parameters = serializers.SerializerMethodField()
    expiry_seconds = serializers.IntegerField(allow_null=True)
    is_locked = serializers.BooleanField(help_text="Admins alone change it.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_parameters(self, row: MessageTemplate) -> list[str]:
        """Return the names that a request has to give."""
        return names_in(row.content)


class NewTemplateBody(serializers.Serializer[Any]):
    """A template to make; a parameter in it is written ``$(name)``."""

    name = serializers.CharField(max_length=services.MAX_NAME)
    channel = serializers.CharField(
        max_length=10, help_text=f"One of {', '.join(TEMPLATE_WORDS)}."
    )
    service = serializers.UUIDField(allow_null=True, default=None)
    content = JSONObject()
    expiry_seconds = serializers.IntegerField(allow_null=True, default=None)


class TemplateChangesBody(serializers.Serializer[Any]):
    """What can be changed of a template; what is left out stays."""

    name = serializers.CharField(required=False, max_length=services.MAX_NAME)
    content = JSONObject(required=False)
    expiry_seconds = serializers.IntegerField(required=False, allow_null=True)
    is_locked = serializers.BooleanField(required=False)


class PreviewBody(serializers.Serializer[Any]):
    """Values for the parameters."""

    parameters = serializers.DictField(
        child=serializers.CharField(max_length=MAX_VALUE, allow_blank=True), default=dict
    )


class PreviewSerializer(serializers.Serializer[Any]):
    """What a message of the template would be; nothing is sent."""

    text = serializers.CharField()
    characters = serializers.IntegerField()
    parts = serializers.IntegerField(allow_null=True, help_text="Of an SMS.")
    payload = JSONObject(help_text="As the message log keeps it.")


class TemplateQuery(serializers.Serializer[Any]):
    """Filters of the list."""

    channel = serializers.ChoiceField(choices=TEMPLATE_WORDS, required=False)
    service = serializers.UUIDField(required=False)
    name = serializers.CharField(required=False)


class TemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Message templates that the caller's services may use."""

    queryset = MessageTemplate.objects.none()
    serializer_class = TemplateSerializer
    acts: ClassVar = dict.fromkeys(
        ("create", "partial_update", "destroy", "copy"), Act.MANAGE_SERVICES
    )

    def act_of(self, action: str | None) -> Act:
        """Return sending messages for what changes nothing: templates are what is sent."""
        return self.acts.get(action or "", Act.SEND_MESSAGES)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the templates of the filters."""
        rows = self.visible(MessageTemplate.objects.visible_to).select_related("service")
        if self.action != "list":
            return rows
        query = TemplateQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        values = query.validated_data
        if name := values.pop("name", ""):
            rows = rows.filter(name__iexact=name)
        return rows.filter(**values)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer 400 for what a preview cannot be made of."""
        if isinstance(exc, Refusal):
            exc = exceptions.ValidationError({"parameters": [exc.sentence]})
        return super().handle_exception(exc)

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in ("channel", "service", "name")]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewTemplateBody, responses={201: TemplateSerializer})
    def create(self, request: Request) -> Response:
        """Make a template."""
        values = checked_body(NewTemplateBody, request)
        if key := values.pop("service"):
            services_seen = Service.objects.visible_to(self.member)
            values["service"] = get_object_or_404(services_seen, pk=key)
        template = services.create_template(member=self.member, **values)
        return Response(TemplateSerializer(template).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TemplateChangesBody, responses=TemplateSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a template, lock or unlock it; what was accepted goes out as it is."""
        template = self.get_object()
        values = checked_body(TemplateChangesBody, request)
        locked = values.pop("is_locked", None)
        changed = services.apply(
            member=self.member, template=template, changes=values, locked=locked
        )
        return Response(TemplateSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a template; requests that name it are refused from then on."""
        services.delete_template(member=self.member, template=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={201: TemplateSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, pk: str) -> Response:
        """Make another one like it, not locked, under a free name."""
        copy = services.copy_template(member=self.member, template=self.get_object())
        return Response(TemplateSerializer(copy).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=PreviewBody, responses=PreviewSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """Show what a message would be with these values."""
        template = self.get_object()
        values = checked_body(PreviewBody, request)
        payload = services.rendered(template, values["parameters"])
        text = str(payload["message"])
        is_sms = template.channel == Channel.SMS
        shown = {
            "text": text,
            "characters": len(text),
            "parts": split_text(text, unicode=payload.get("type") == "unicode").parts
            if is_sms
            else None,
            "payload": payload,
        }
        return Response(PreviewSerializer(shown).data)
