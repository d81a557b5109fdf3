"""Detectors and findings over REST: what runs, with which parameters, and what it found."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors import registry
from detectors.api.filters import FindingFilter
from detectors.api.serializers import (
    DetectorConfigSerializer,
    DetectorSerializer,
    FindingSerializer,
)
from detectors.api.versions import DraftSerializer
from detectors.models import DetectorConfig, Finding
from detectors.overrides import schema_of
from detectors.selectors.config import configs_for, detector_by_slug, detectors_for
from detectors.selectors.finding import finding_by_id, findings_for
from detectors.services.draft import approve_draft, needs_another, propose_config


@extend_schema_view(
    get=extend_schema(
        operation_id="detectors_list",
        responses={200: DetectorSerializer(many=True), **problems()},
    ),
)
class DetectorsView(Endpoint):
    """All detectors with their parameters' JSON schema and the configuration in force."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request) -> Response:
        """All detectors, by slug."""
        viewer = caller(request)
        configs = configs_for(viewer)
        return Response(
            [_described(slug, configs.get(slug)) for slug in detectors_for(viewer, configs)]
        )


@extend_schema_view(
    get=extend_schema(responses={200: DetectorSerializer, **problems(404)}),
    put=extend_schema(
        request=DetectorConfigSerializer,
        responses={200: DetectorSerializer, 202: DraftSerializer, **problems(400, 404, 422)},
    ),
)
class DetectorView(Endpoint):
    """One detector; PUT proposes a new version of its configuration."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    def get(self, request: Request, slug: str) -> Response:
        """One detector."""
        detector_by_slug(slug, caller(request))
        return Response(_described(slug, configs_for(caller(request)).get(slug)))

    def put(self, request: Request, slug: str) -> Response:
        """Use this mode and these parameters; what is left out is at its default.

        202 with a draft where somebody else has to approve it first.
        """
        actor = caller(request)
        detector_by_slug(slug, actor)
        form = DetectorConfigSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        draft = propose_config(actor=actor, slug=slug, **form.validated_data)
        if draft.made is None and not needs_another(actor=actor):
            draft = approve_draft(actor=actor, draft=draft)
        if draft.made is None:
            return Response(DraftSerializer(draft).data, status=202)
        return Response(_described(slug, draft.made))


@extend_schema_view(
    get=extend_schema(
        operation_id="findings_list", responses={200: FindingSerializer, **problems(400)}
    ),
)
class FindingsView(ListModelMixin, ListEndpoint):
    """What detectors found, newest first."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Finding]:
        """What the caller may see."""
        return findings_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Findings, newest first."""
        return self.list(request)


@extend_schema_view(get=extend_schema(responses={200: FindingSerializer, **problems(404)}))
class FindingView(RetrieveModelMixin, ListEndpoint):
    """One finding with everything behind it."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = FindingSerializer

    def get(self, request: Request, finding_id: int) -> Response:
        """One finding."""
        return self.retrieve(request)

    def get_object(self) -> Finding:
        """The finding of the path."""
        return finding_by_id(self.kwargs["finding_id"], self.viewer)


def _described(slug: str, config: DetectorConfig | None) -> dict[str, Any]:
    kind = registry.get(slug)
    return {
        "slug": slug,
        "title": kind.meta.title,
        "version": kind.meta.version,
        "family": str(kind.meta.family),
        "doc": kind.meta.doc,
        "falsifiers": list(kind.meta.falsifiers),
        "parameters": schema_of(kind.Params),
        "config": DetectorConfigSerializer(config).data if config else None,
    }
