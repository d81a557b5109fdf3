"""Messages to reporters and subjects, and their templates, over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.choices import Audience
from cases.gaps import gaps_in
from cases.models import Message, MessageTemplate
from cases.selectors.case import case_by_ref
from cases.selectors.message import message_by_id, messages_of, template_by_slug, templates_for
from cases.services.message import cancel_message, preview_message, save_template, send_message


class TemplateChangeSerializer(serializers.Serializer[object]):
    """Words with gaps such as `{case}`. version: the one that was changed; 0 for a new one."""

    title = serializers.CharField(max_length=120)
    audience = serializers.ChoiceField(choices=Audience.choices)
    subject = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=10_000)
    active = serializers.BooleanField(default=True)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class TemplateSerializer(serializers.ModelSerializer[MessageTemplate]):
    """A template. gaps: names of what has to be filled before it is sent."""

    gaps = serializers.SerializerMethodField()
    saved_by = serializers.StringRelatedField[MessageTemplate]()

    class Meta:
        model = MessageTemplate
        fields = [
            "slug", "title", "audience", "subject", "body", "active", "version", "saved_by",
            "saved_at", "gaps",
        ]  # fmt: skip
        read_only_fields = fields

    def get_gaps(self, template: MessageTemplate) -> list[str]:
        """In their order."""
        return gaps_in(template.subject, template.body)


class WriteSerializer(serializers.Serializer[object]):
    """What to write. to: a mail address, or an account. values: gap -> text, beside known ones."""

    template = serializers.SlugField(max_length=60)
    to = serializers.CharField(max_length=300)
    values = serializers.DictField(
        child=serializers.CharField(max_length=1_000, allow_blank=True), default=dict
    )


class SendSerializer(WriteSerializer):
    """A message to send. key: a UUID of the caller's; sent twice it is one message."""

    key = serializers.UUIDField()


class FilledSerializer(serializers.Serializer[object]):
    """Exactly what would be read. missing: gaps that nothing fills; then it cannot be sent."""

    subject = serializers.CharField()
    body = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message as it was written. state: of its way; `canceled` was taken back in time."""

    case = serializers.CharField(source="case.ref")
    template = serializers.CharField(source="template.slug")
    author = serializers.StringRelatedField[Message]()

    class Meta:
        model = Message
        fields = [
            "id", "case", "template", "author", "audience", "recipient", "subject", "body", "state",
            "due_at", "answer", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class TemplatesView(Endpoint):
    """Templates of messages."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="message_templates_list",
        responses={200: TemplateSerializer(many=True), **problems()},
    )
    def get(self, request: Request) -> Response:
        """All of them, by title."""
        rows = templates_for(caller(request))
        return Response(TemplateSerializer(rows, many=True).data)


class TemplateView(Endpoint):
    """One template."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.REVIEW}

    @extend_schema(
        operation_id="message_templates_get",
        responses={200: TemplateSerializer, **problems(404)},
    )
    def get(self, request: Request, template_slug: str) -> Response:
        """Its words and its gaps."""
        row = template_by_slug(template_slug, caller(request))
        return Response(TemplateSerializer(row).data)

    @extend_schema(
        operation_id="message_templates_save",
        request=TemplateChangeSerializer,
        responses={200: TemplateSerializer, **problems(400, 403, 404, 409, 422)},
    )
    def put(self, request: Request, template_slug: str) -> Response:
        """Make it, or change the version that is named."""
        said = _valid(TemplateChangeSerializer(data=request.data))
        based_on = said.pop("version")
        row = save_template(actor=caller(request), slug=template_slug, based_on=based_on, **said)
        return Response(TemplateSerializer(row).data)


class MessagesView(Endpoint):
    """Messages on a case."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_messages_list",
        responses={200: MessageSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request, ref: str) -> Response:
        """What was written, newest first."""
        rows = messages_of(case_by_ref(ref, caller(request)), caller(request))
        return Response(MessageSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="cases_messages_send",
        request=SendSerializer,
        responses={201: MessageSerializer, **problems(400, 403, 404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Send one; 422 names the gaps that nothing fills, 409 says why nothing may leave."""
        case = case_by_ref(ref, caller(request))
        said = _valid(SendSerializer(data=request.data))
        said["template"] = template_by_slug(said["template"], caller(request))
        row = send_message(actor=caller(request), case=case, **said)
        return Response(MessageSerializer(row).data, status=201)


class PreviewView(Endpoint):
    """A message before it is sent."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_messages_preview",
        request=WriteSerializer,
        responses={200: FilledSerializer, **problems(400, 403, 404, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Exactly what would be read, and which gaps are open. Nothing is written."""
        case = case_by_ref(ref, caller(request))
        said = _valid(WriteSerializer(data=request.data))
        said["template"] = template_by_slug(said["template"], caller(request))
        filled = preview_message(actor=caller(request), case=case, **said)
        return Response(FilledSerializer(filled).data)


class CancelView(Endpoint):
    """Takes a message back."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_messages_cancel",
        request=None,
        responses={200: MessageSerializer, **problems(403, 404, 409)},
    )
    def post(self, request: Request, ref: str, message_id: int) -> Response:
        """Before it leaves; afterwards 409."""
        found = message_by_id(message_id, case_by_ref(ref, caller(request)), caller(request))
        row = cancel_message(actor=caller(request), message=found)
        return Response(MessageSerializer(row).data)


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
