"""Declared relationships over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import ListEndpoint, caller, problems
from detectors.models import DeclaredGroup
from detectors.selectors.declared import declared_group_by_id, declared_groups_for
from detectors.services.declared import LIMITS, MAX_ACCOUNTS, declare_group, end_group


class DeclaredGroupSerializer(serializers.ModelSerializer[DeclaredGroup]):
    """Accounts that belong together, and are known to.

    seen, signals, last_at: what they did together since, which opened no case.
    """

    accounts = serializers.ListField(
        child=serializers.CharField(max_length=242, help_text="platform:name"),
        max_length=MAX_ACCOUNTS,
    )
    valid_from = serializers.DateTimeField(required=False)
    valid_until = serializers.DateTimeField(required=False, allow_null=True)
    declared_by = serializers.CharField(source="declared_by.username", read_only=True)
    seen = serializers.IntegerField(read_only=True, default=0)
    signals = serializers.IntegerField(read_only=True, default=0)
    last_at = serializers.DateTimeField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = DeclaredGroup
        fields: ClassVar = [
            "id",
            "name",
            "accounts",
            "proof",
            "declared_by",
            "declared_at",
            "valid_from",
            "valid_until",
            "ended_at",
            "end_reason",
            "seen",
            "signals",
            "last_at",
        ]
        read_only_fields: ClassVar = ["declared_at", "ended_at", "end_reason"]


class EndSerializer(serializers.Serializer[Any]):
    """Why the declaration ends."""

    reason = serializers.CharField(max_length=LIMITS["reason"])


@extend_schema_view(
    get=extend_schema(
        operation_id="declared_groups_list",
        responses={200: DeclaredGroupSerializer, **problems(400)},
    ),
    post=extend_schema(
        operation_id="declared_groups_add",
        request=DeclaredGroupSerializer,
        responses={201: DeclaredGroupSerializer, **problems(415, 422)},
    ),
)
class DeclaredGroupsView(ListModelMixin, ListEndpoint):
    """Declared groups; POST declares one."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = DeclaredGroupSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[DeclaredGroup]:
        """What the caller may see."""
        return declared_groups_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Declared groups, newest first, also ended ones."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """From now or `valid_from` on these accounts open no case by acting together."""
        form = DeclaredGroupSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        group = declare_group(actor=caller(request), **form.validated_data)
        return Response(DeclaredGroupSerializer(group).data, status=201)


@extend_schema_view(
    get=extend_schema(responses={200: DeclaredGroupSerializer, **problems(404)}),
    delete=extend_schema(
        operation_id="declared_groups_end",
        request=EndSerializer,
        responses={200: DeclaredGroupSerializer, **problems(404, 409, 415, 422)},
    ),
)
class DeclaredGroupView(RetrieveModelMixin, ListEndpoint):
    """One declared group."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}
    serializer_class = DeclaredGroupSerializer

    def get(self, request: Request, group_id: int) -> Response:
        """One declared group."""
        return self.retrieve(request)

    def delete(self, request: Request, group_id: int) -> Response:
        """End it; it stays in the history, and its accounts are judged as anybody's again."""
        group = declared_group_by_id(group_id, caller(request))
        form = EndSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        end_group(actor=caller(request), group=group, reason=form.validated_data["reason"])
        return Response(DeclaredGroupSerializer(self.get_object()).data)

    def get_object(self) -> DeclaredGroup:
        """The group of the path."""
        return declared_group_by_id(self.kwargs["group_id"], self.viewer)
