"""For who runs the desk, over REST: who may do what, what was done, how it fares."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import audit
from abusedesk.core.health import Level, Verdict
from abusedesk.core.models import AuditEntry, Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.permissions import ROLE_SCOPES
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases import policy
from cases.selectors.audit import Asked, audit_entries_for
from cases.selectors.health import health_for
from cases.selectors.role import Right, RoleCard, rights_for, roles_for


class PersonSerializer(serializers.Serializer[Any]):
    """Somebody who has the role."""

    username = serializers.CharField()
    active = serializers.BooleanField(source="is_active")
    last_login = serializers.DateTimeField(allow_null=True)


class RoleSerializer(serializers.Serializer[RoleCard]):
    """may: ids of its permissions. scopes: what a session of it may do over REST."""

    role = serializers.CharField()
    may = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())
    people = PersonSerializer(many=True)


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One link of the chain; digest: SHA-256 over the one before and this one."""

    actor = serializers.CharField(source="actor_label")
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = [
            "id", "at", "actor", "verb", "sentence", "target_type", "target_id", "data",
            "request_id", "previous", "digest",
        ]  # fmt: skip
        read_only_fields = fields

    def get_sentence(self, entry: AuditEntry) -> str:
        """What happened, without its subject."""
        return audit.sentence(entry)


class AskedSerializer(serializers.Serializer[Any]):
    """What is looked for.

    verb: one event. actor: a user name, or `abusedesk` for the desk itself. about: a case such as
    `AD-7`, or a kind of thing with its id such as `apitoken 3`.
    """

    verb = serializers.CharField(max_length=40, required=False)
    actor = serializers.CharField(max_length=150, required=False)
    about = serializers.CharField(max_length=150, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class VerdictSerializer(serializers.Serializer[Verdict]):
    """One check."""

    name = serializers.CharField()
    level = serializers.ChoiceField([one.value for one in Level])
    sentence = serializers.CharField()


class WaitingSerializer(serializers.Serializer[Any]):
    """Messages in one queue of the broker, also those in work."""

    queue = serializers.CharField()
    messages = serializers.IntegerField()
    oldest_s = serializers.IntegerField(allow_null=True)


class HealthSerializer(serializers.Serializer[Any]):
    """behind: the slowest reader of stored signals, empty when none is. queues: of the broker."""

    checks = VerdictSerializer(many=True, source="verdicts")
    queues = WaitingSerializer(many=True)
    behind = serializers.CharField(source="lag.reader")
    behind_signals = serializers.IntegerField(source="lag.signals")
    behind_s = serializers.FloatField(source="lag.seconds")
    throttled = serializers.BooleanField()


class RolesView(Endpoint):
    """Roles."""

    scopes: ClassVar = {"GET": Scope.ADMIN}

    @extend_schema(operation_id="roles", responses={200: RoleSerializer(many=True), **problems()})
    def get(self, request: Request) -> Response:
        """Every role with its permissions and its people."""
        viewer = caller(request)
        policy.require(viewer, "role.view")
        rights = [one for _, listed in rights_for(viewer) for one in listed]
        return Response([_told(card, rights) for card in roles_for(viewer)])


@extend_schema_view(
    get=extend_schema(
        operation_id="audit_list",
        parameters=[AskedSerializer],
        responses={200: AuditEntrySerializer(many=True), **problems(422)},
    )
)
class AuditView(ListModelMixin, ListEndpoint):
    """The audit chain."""

    scopes: ClassVar = {"GET": Scope.ADMIN}
    serializer_class = AuditEntrySerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """What the caller may see of what they ask for."""
        form = AskedSerializer(data=self.request.query_params)
        form.is_valid(raise_exception=True)
        return audit_entries_for(self.viewer, Asked(**form.validated_data))

    def get(self, request: Request) -> Response:
        """Entries, newest first; what tells a verdict that waits for a second opinion is not."""
        policy.require(caller(request), "audit.view")
        return self.list(request)


class HealthView(Endpoint):
    """How the desk fares."""

    scopes: ClassVar = {"GET": Scope.ADMIN}

    @extend_schema(operation_id="health", responses={200: HealthSerializer, **problems()})
    def get(self, request: Request) -> Response:
        """What answers at once; workers are asked by `manage.py doctor` and by the page."""
        policy.require(caller(request), "health.view")
        return Response(HealthSerializer(health_for(caller(request))).data)


def _told(card: RoleCard, rights: list[Right]) -> dict[str, Any]:
    may = [one.verb for one in rights if card.role in one.roles]
    people = PersonSerializer(card.people, many=True).data
    scopes = sorted(ROLE_SCOPES[card.role])
    return {"role": card.role, "may": may, "scopes": scopes, "people": people}
