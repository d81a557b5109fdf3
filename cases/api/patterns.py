"""Own patterns over REST: offered, tested, approved, handed over, revoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope, User
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases.api import pattern_shapes as shapes
from cases.api.partners import valid
from cases.choices import WayOut
from cases.models import Pattern, PatternHandover
from cases.selectors.partner import circle_by_slug, partner_by_slug
from cases.selectors.pattern import (
    fares_of,
    pattern_by_id,
    pattern_handovers_for,
    pattern_receivers_of,
    patterns_for,
)
from cases.services.pattern import PatternText, change_pattern, draft_pattern
from cases.services.pattern_out import hand_over_pattern, revoke_pattern
from cases.services.pattern_steps import (
    approve_pattern,
    ask_pattern,
    backtest_pattern,
    refuse_pattern,
    renew_preview,
)

DETAIL: Final = {200: shapes.PatternDetailSerializer}
Step = Callable[[User, Pattern, dict[str, Any]], object]
STEPS: Final[dict[str, Step]] = {
    "backtest": lambda who, row, _: backtest_pattern(actor=who, pattern=row),
    "preview": lambda who, row, _: renew_preview(actor=who, pattern=row),
    "ask": lambda who, row, _: ask_pattern(actor=who, pattern=row),
    "approve": lambda who, row, said: approve_pattern(
        actor=who, pattern=row, digest=said["digest"]
    ),
    "refuse": lambda who, row, said: refuse_pattern(actor=who, pattern=row, reason=said["reason"]),
    "revoke": lambda who, row, said: revoke_pattern(actor=who, pattern=row, reason=said["reason"]),
}


class PatternsView(ListModelMixin, ListEndpoint):
    """Own patterns."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    serializer_class = shapes.PatternSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Pattern]:
        """All that the caller may see."""
        return patterns_for(self.viewer)

    @extend_schema(
        operation_id="patterns_list", responses={200: shapes.PatternSerializer, **problems()}
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)

    @extend_schema(
        request=shapes.NewPatternSerializer,
        responses={201: shapes.PatternDetailSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Begin to offer a rule to a circle; the preview is made, and nothing leaves."""
        actor = caller(request)
        said = valid(shapes.NewPatternSerializer(data=request.data))
        circle = circle_by_slug(said.pop("circle"), actor)
        slug, name = said.pop("detector"), said.pop("name")
        row = draft_pattern(
            actor=actor, slug=slug, name=name, circle=circle, said=PatternText(**said)
        )
        return _shown(request, row.pk, status=201)


class PatternView(Endpoint):
    """One own pattern."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.REVIEW}

    @extend_schema(operation_id="patterns_read", responses={**DETAIL, **problems(404)})
    def get(self, request: Request, pattern_id: int) -> Response:
        """All that would leave, to whom, and what holds it up."""
        return _shown(request, pattern_id)

    @extend_schema(
        request=shapes.PatternChangeSerializer,
        responses={**DETAIL, **problems(404, 409, 422)},
    )
    def put(self, request: Request, pattern_id: int) -> Response:
        """Write the draft anew, or begin the next revision of what is out."""
        row = pattern_by_id(pattern_id, caller(request))
        said = valid(shapes.PatternChangeSerializer(data=request.data))
        change_pattern(actor=caller(request), pattern=row, said=PatternText(**said))
        return _shown(request, pattern_id)


class PatternStepView(Endpoint):
    """A step of an own pattern."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="pattern_step",
        request=shapes.PatternStepSerializer,
        responses={**DETAIL, **problems(404, 409, 422)},
    )
    def post(self, request: Request, pattern_id: int, step: str) -> Response:
        """One of: backtest, preview, ask, approve, refuse, revoke."""
        row = pattern_by_id(pattern_id, caller(request))
        if step not in STEPS:
            message = f"There is no such step. Choose one of: {', '.join(STEPS)}."
            raise NotFoundError(message)
        said = valid(shapes.PatternStepSerializer(data=request.data))
        STEPS[step](caller(request), row, said)
        return _shown(request, pattern_id)


class PatternFileView(Endpoint):
    """The file for one partner."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=None,
        responses={(200, "application/json"): OpenApiTypes.OBJECT, **problems(404, 409)},
    )
    def post(self, request: Request, pattern_id: int, partner_slug: str, way: str) -> HttpResponse:
        """`signed` or `bundle`; it counts as delivered with it."""
        row = pattern_by_id(pattern_id, caller(request))
        partner = partner_by_slug(partner_slug, caller(request))
        if way not in WayOut.values:
            message = "There is no such file."
            raise NotFoundError(message)
        file = hand_over_pattern(
            actor=caller(request), pattern=row, partner=partner, way=WayOut(way)
        )
        return HttpResponse(file.body, content_type=file.media_type)


class PatternLedgerView(ListModelMixin, ListEndpoint):
    """The ledger of patterns."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = shapes.PatternHandoverSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[PatternHandover]:
        """Lines that are about patterns."""
        return pattern_handovers_for(self.viewer)

    @extend_schema(
        operation_id="pattern_ledger_list",
        responses={200: shapes.PatternHandoverSerializer, **problems()},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)


def _shown(request: Request, pattern_id: int, status: int = 200) -> Response:
    row = pattern_by_id(pattern_id, caller(request))
    told = {
        "receivers": pattern_receivers_of(row, caller(request)),
        "fares": fares_of(row, caller(request)),
    }
    return Response(shapes.PatternDetailSerializer(row, context=told).data, status=status)
