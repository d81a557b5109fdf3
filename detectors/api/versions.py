"""Versions and drafts of settings over REST: list, compare, roll back, propose, approve."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.choices import DraftState
from detectors.comparing import compared
from detectors.models import DetectorConfig, DetectorDraft
from detectors.reasons import REASON_CHARS
from detectors.selectors.config import detector_by_slug, version_by_number, versions_for
from detectors.selectors.draft import backtests_of, draft_by_id, drafts_for
from detectors.services.draft import (
    MAX_SHADOW_DAYS,
    approve_draft,
    propose_config,
    reject_draft,
    withdraw_draft,
)
from detectors.services.rollback import roll_back

RUNS = 20
HIGHEST = 2**31 - 1


class VersionSerializer(serializers.ModelSerializer[DetectorConfig]):
    """One version of a detector's settings; it is never changed."""

    detector = serializers.SlugField(source="slug", read_only=True)
    created_by = serializers.CharField(source="created_by.username", default=None, read_only=True)
    approved_by = serializers.CharField(source="approved_by.username", default=None, read_only=True)

    class Meta:
        model = DetectorConfig
        fields = (
            "detector", "number", "current", "mode", "params", "reason", "way", "restores",
            "promote_at", "beside", "ended_at", "created_by", "approved_by", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class DifferenceSerializer(serializers.Serializer[Any]):
    """One setting that two versions have otherwise, as people read it."""

    setting = serializers.CharField(source="label")
    unit = serializers.CharField(allow_blank=True)
    before = serializers.CharField()
    after = serializers.CharField()


class ComparisonSerializer(serializers.Serializer[Any]):
    a = serializers.IntegerField()
    b = serializers.IntegerField()
    differences = DifferenceSerializer(many=True)


class RollbackSerializer(serializers.Serializer[Any]):
    """number: the version to go back to."""

    number = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    reason = serializers.CharField(max_length=REASON_CHARS, default="", allow_blank=True)


class DraftSerializer(serializers.ModelSerializer[DetectorDraft]):
    """Proposed settings. params: what is left out is at its default."""

    detector = serializers.SlugField(source="slug", read_only=True)
    params = serializers.DictField(default=dict)
    reason = serializers.CharField(max_length=REASON_CHARS)
    promote_after_days = serializers.IntegerField(
        min_value=1, max_value=MAX_SHADOW_DAYS, default=None, allow_null=True,
        help_text="of a draft of shadow: days after which it goes live by itself",
    )  # fmt: skip
    lost_because = serializers.CharField(
        max_length=REASON_CHARS, default="", allow_blank=True,
        help_text="why cases that are kept as tests may be lost; needed where some would be",
    )  # fmt: skip
    author = serializers.CharField(source="author.username", read_only=True)
    settled_by = serializers.CharField(source="settled_by.username", default=None, read_only=True)
    version = serializers.IntegerField(source="made.number", default=None, read_only=True)

    class Meta:
        model = DetectorDraft
        fields: tuple[str, ...] = (
            "id", "detector", "based_on", "mode", "params", "beside", "promote_after_days",
            "reason", "loses", "lost_because", "state", "author", "created_at", "settled_by",
            "settled_at", "note", "version",
        )  # fmt: skip
        read_only_fields = (
            "id", "based_on", "loses", "state", "created_at", "settled_at", "note",
        )  # fmt: skip


class DraftDetailSerializer(DraftSerializer):
    """differences: from the version it was written on. backtests: ids of runs that tried it."""

    differences = DifferenceSerializer(many=True, read_only=True)
    backtests = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta(DraftSerializer.Meta):
        fields = (*DraftSerializer.Meta.fields, *("differences", "backtests"))


class RejectionSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=REASON_CHARS)


@extend_schema_view(get=extend_schema(responses={200: VersionSerializer, **problems(400, 404)}))
class VersionsView(ListModelMixin, ListEndpoint):
    """All versions of one detector's settings, newest first."""

    scopes: ClassVar = {"GET": Scope.READ}
    queryset = DetectorConfig.objects.none()
    serializer_class = VersionSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[DetectorConfig]:
        """Of the detector in the path."""
        detector_by_slug(self.kwargs["slug"], self.viewer)
        return versions_for(self.viewer, self.kwargs["slug"])

    def get(self, request: Request, slug: str) -> Response:
        """Versions, newest first."""
        return self.list(request)


@extend_schema_view(
    get=extend_schema(
        parameters=[
            OpenApiParameter("a", int, description="the first; without it the last but one"),
            OpenApiParameter("b", int, description="the second; without it the newest"),
        ],
        responses={200: ComparisonSerializer, **problems(400, 404)},
    )
)
class ComparisonView(Endpoint):
    """Two versions, parameter by parameter."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request, slug: str) -> Response:
        """What version `b` has otherwise than version `a`."""
        viewer = caller(request)
        detector_by_slug(slug, viewer)
        newest = versions_for(viewer, slug).values_list("number", flat=True).first() or 1
        first = version_by_number(slug, _number(request, "a", max(1, newest - 1)), viewer)
        second = version_by_number(slug, _number(request, "b", newest), viewer)
        told = {"a": first.number, "b": second.number, "differences": compared(first, second)}
        return Response(ComparisonSerializer(told).data)


@extend_schema_view(
    post=extend_schema(
        request=RollbackSerializer,
        responses={201: VersionSerializer, **problems(400, 404, 409, 422)},
    )
)
class RollbackView(Endpoint):
    """Go back to an earlier version."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str) -> Response:
        """Make a new version that equals an old one; it is in force at once."""
        detector_by_slug(slug, caller(request))
        form = RollbackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = roll_back(actor=caller(request), slug=slug, **form.validated_data)
        return Response(VersionSerializer(made).data, status=201)


@extend_schema_view(
    get=extend_schema(
        parameters=[OpenApiParameter("state", enum=DraftState.values)],
        responses={200: DraftSerializer, **problems(400, 404)},
    ),
    post=extend_schema(
        request=DraftSerializer, responses={201: DraftSerializer, **problems(400, 404, 422)}
    ),
)
class DraftsView(ListModelMixin, ListEndpoint):
    """Drafts of one detector's settings, newest first; POST writes one."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    queryset = DetectorDraft.objects.none()
    serializer_class = DraftSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[DetectorDraft]:
        """Of the detector in the path."""
        detector_by_slug(self.kwargs["slug"], self.viewer)
        rows = drafts_for(self.viewer, self.kwargs["slug"])
        state = self.request.query_params.get("state", "")
        if state and state not in DraftState.values:
            message = f"Use one of {', '.join(DraftState.values)}."
            raise serializers.ValidationError({"state": message})
        return rows.filter(state=state) if state else rows

    def get(self, request: Request, slug: str) -> Response:
        """Drafts, newest first."""
        return self.list(request)

    def post(self, request: Request, slug: str) -> Response:
        """Propose settings. To switch down a mode takes one person and is in force at once."""
        detector_by_slug(slug, caller(request))
        form = DraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        draft = propose_config(actor=caller(request), slug=slug, **form.validated_data)
        return Response(DraftSerializer(draft).data, status=201)


@extend_schema_view(get=extend_schema(responses={200: DraftDetailSerializer, **problems(404)}))
class DraftView(Endpoint):
    """One draft."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request, slug: str, draft_id: int) -> Response:
        """What it says, what it would change, and which backtests tried it."""
        viewer = caller(request)
        draft = draft_by_id(draft_id, viewer, slug)
        before = versions_for(viewer, slug).filter(number=draft.based_on).first()
        differences = compared(before, draft) if before else []
        told = {
            **DraftSerializer(draft).data,
            "differences": DifferenceSerializer(differences, many=True).data,
            "backtests": list(backtests_of(draft, viewer).values_list("pk", flat=True)[:RUNS]),
        }
        return Response(told)


@extend_schema_view(
    post=extend_schema(
        request=None, responses={200: DraftSerializer, **problems(403, 404, 409, 422)}
    )
)
class DraftApproveView(Endpoint):
    """A second person puts a draft into force."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str, draft_id: int) -> Response:
        """Not for its author, unless nobody else on the desk may approve."""
        draft = draft_by_id(draft_id, caller(request), slug)
        return Response(DraftSerializer(approve_draft(actor=caller(request), draft=draft)).data)


@extend_schema_view(
    post=extend_schema(
        request=RejectionSerializer,
        responses={200: DraftSerializer, **problems(400, 403, 404, 409, 422)},
    )
)
class DraftRejectView(Endpoint):
    """A second person says no to a draft."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str, draft_id: int) -> Response:
        """With the reason."""
        draft = draft_by_id(draft_id, caller(request), slug)
        form = RejectionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = reject_draft(actor=caller(request), draft=draft, **form.validated_data)
        return Response(DraftSerializer(done).data)


@extend_schema_view(
    post=extend_schema(request=None, responses={200: DraftSerializer, **problems(403, 404, 409)})
)
class DraftWithdrawView(Endpoint):
    """Its author takes a draft back."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str, draft_id: int) -> Response:
        """Take it back."""
        draft = draft_by_id(draft_id, caller(request), slug)
        return Response(DraftSerializer(withdraw_draft(actor=caller(request), draft=draft)).data)


def _number(request: Request, name: str, default: int) -> int:
    if name not in request.query_params:
        return default
    field = serializers.IntegerField(min_value=1, max_value=HIGHEST)
    try:
        return int(field.run_validation(request.query_params[name]))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({name: error.detail}) from error
