"""What only watches over REST: a version in shadow, alone or beside the one in force."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from detectors.api.versions import DraftSerializer, VersionSerializer
from detectors.reasons import REASON_CHARS
from detectors.selectors.config import detector_by_slug
from detectors.selectors.shadow import shadows_by_detector
from detectors.services.beside import end_beside, propose_beside


class ShadowSerializer(serializers.Serializer[Any]):
    """What a version in shadow found. days: findings of the last 14 days, today last. opening:
    findings that could open a case if it were live. samples: ids of the weightiest findings."""

    version = serializers.IntegerField(source="config.number")
    beside = serializers.IntegerField(source="config.beside", allow_null=True)
    promote_at = serializers.DateTimeField(source="config.promote_at", allow_null=True)
    since = serializers.DateTimeField(source="config.created_at")
    findings = serializers.IntegerField()
    standing = serializers.IntegerField()
    opening = serializers.IntegerField()
    days = serializers.ListField(child=serializers.IntegerField())
    samples = serializers.SerializerMethodField()

    def get_samples(self, told: Any) -> list[int]:
        return [one.pk for one in told.samples]


class ShadowReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=REASON_CHARS)


class ShadowLiveSerializer(ShadowReasonSerializer):
    """lost_because: why cases that are kept as tests may be lost; needed where some would be."""

    lost_because = serializers.CharField(max_length=REASON_CHARS, default="", allow_blank=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="detector_shadow_list",
        responses={200: ShadowSerializer(many=True), **problems(404)},
    )
)
class ShadowView(Endpoint):
    """What of one detector only watches: at most the version in force, and one beside it."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request, slug: str) -> Response:
        """The version in force first."""
        viewer = caller(request)
        detector_by_slug(slug, viewer)
        return Response(ShadowSerializer(shadows_by_detector(slug, viewer), many=True).data)


@extend_schema_view(
    post=extend_schema(
        request=ShadowReasonSerializer,
        responses={200: VersionSerializer, **problems(400, 403, 404, 409, 422)},
    )
)
class ShadowEndView(Endpoint):
    """The version that watches beside the one in force watches no longer."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str) -> Response:
        """It takes one person."""
        detector_by_slug(slug, caller(request))
        form = ShadowReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        ended = end_beside(actor=caller(request), slug=slug, **form.validated_data)
        return Response(VersionSerializer(ended).data)


@extend_schema_view(
    post=extend_schema(
        request=ShadowLiveSerializer,
        responses={201: DraftSerializer, **problems(400, 403, 404, 409, 422)},
    )
)
class ShadowLiveView(Endpoint):
    """Proposes what watches beside the version in force as the next live version."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str) -> Response:
        """A draft, which a second person puts into force."""
        detector_by_slug(slug, caller(request))
        form = ShadowLiveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        draft = propose_beside(actor=caller(request), slug=slug, **form.validated_data)
        return Response(DraftSerializer(draft).data, status=201)
