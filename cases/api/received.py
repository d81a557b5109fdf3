"""Partners' patterns over REST: taken in, and step by step on their way; keys, counts."""

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
from cases.api import received_shapes as shapes
from cases.api.partners import valid
from cases.models import ReceivedPattern
from cases.selectors.partner import partner_by_slug
from cases.selectors.received import (
    counts_of,
    partner_keys_of,
    received_by_id,
    received_for,
    standing_of,
)
from cases.services.partner_key import pin_key, withdraw_key
from cases.services.pattern_outcome import hand_outcomes
from cases.services.received import (
    accept_pattern,
    backtest_received,
    discard_pattern,
    enable_pattern,
    resume_pattern,
    set_tells_back,
    shadow_pattern,
)
from cases.services.receiving import receive_file

DETAIL: Final = {200: shapes.ReceivedDetailSerializer}
Step = Callable[[User, ReceivedPattern, dict[str, Any]], object]
STEPS: Final[dict[str, Step]] = {
    "accept": lambda who, row, said: accept_pattern(actor=who, received=row, values=said["values"]),
    "backtest": lambda who, row, said: backtest_received(
        actor=who, received=row, days=said["days"]
    ),
    "shadow": lambda who, row, _: shadow_pattern(actor=who, received=row),
    "enable": lambda who, row, said: enable_pattern(actor=who, received=row, reason=said["reason"]),
    "refuse": lambda who, row, said: discard_pattern(
        actor=who, received=row, reason=said["reason"]
    ),
    "resume": lambda who, row, _: resume_pattern(actor=who, received=row),
    "tell": lambda who, row, said: set_tells_back(actor=who, received=row, tells=said["tells"]),
}


class ReceivedPatternsView(ListModelMixin, ListEndpoint):
    """Patterns of partners."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    serializer_class = shapes.ReceivedSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[ReceivedPattern]:
        """All that the caller may see."""
        return received_for(self.viewer)

    @extend_schema(
        operation_id="received_patterns_list",
        responses={200: shapes.ReceivedSerializer, **problems()},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)

    @extend_schema(
        request=shapes.PatternUploadSerializer,
        responses={201: shapes.PatternsTakenSerializer, **problems(404, 422)},
    )
    def post(self, request: Request) -> Response:
        """A file of a partner goes into quarantine, or nothing of it where a part is wrong."""
        said = valid(shapes.PatternUploadSerializer(data=request.data))
        partner = partner_by_slug(said["partner"], caller(request))
        body = said["file"].encode("utf-8", "replace")
        taken = receive_file(actor=caller(request), partner=partner, body=body)
        told = {
            "received": [one.pk for one in taken.received],
            "known": taken.known,
            "paused": taken.paused,
            "outcomes": taken.outcomes,
            "passed_over": taken.passed_over,
        }
        return Response(shapes.PatternsTakenSerializer(told).data, status=201)


class ReceivedPatternView(Endpoint):
    """One pattern of a partner."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(operation_id="received_patterns_read", responses={**DETAIL, **problems(404)})
    def get(self, request: Request, received_id: int) -> Response:
        """What it says, how far it is, what comes next and why not yet."""
        return _shown(request, received_id)


class ReceivedStepView(Endpoint):
    """A step of a partner's pattern."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="received_pattern_step",
        request=shapes.ReceivedStepSerializer,
        responses={**DETAIL, **problems(404, 409, 422)},
    )
    def post(self, request: Request, received_id: int, step: str) -> Response:
        """One of: accept, backtest, shadow, enable, refuse, resume, tell. 409 before its turn."""
        row = received_by_id(received_id, caller(request))
        if step not in STEPS:
            message = f"There is no such step. Choose one of: {', '.join(STEPS)}."
            raise NotFoundError(message)
        said = valid(shapes.ReceivedStepSerializer(data=request.data))
        STEPS[step](caller(request), row, said)
        return _shown(request, received_id)


class ReceivedOutcomesView(Endpoint):
    """Counts of how a partner's pattern fares here."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="received_outcomes_list",
        responses={200: shapes.OutcomeSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request, received_id: int) -> Response:
        """By week, the newest first."""
        row = received_by_id(received_id, caller(request))
        rows = counts_of(row, caller(request))[:200]
        return Response(shapes.OutcomeSerializer(rows, many=True).data)


class PartnerKeysView(Endpoint):
    """Public keys of a partner."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="partner_keys_list",
        responses={200: shapes.PartnerKeySerializer(many=True), **problems(404)},
    )
    def get(self, request: Request, partner_slug: str) -> Response:
        """Newest first."""
        partner = partner_by_slug(partner_slug, caller(request))
        rows = partner_keys_of(partner, caller(request))
        return Response(shapes.PartnerKeySerializer(rows, many=True).data)

    @extend_schema(
        request=shapes.PartnerKeySerializer,
        responses={201: shapes.PartnerKeySerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, partner_slug: str) -> Response:
        """Pin one whose fingerprint a person compared."""
        partner = partner_by_slug(partner_slug, caller(request))
        said = valid(shapes.PartnerKeySerializer(data=request.data))
        row = pin_key(actor=caller(request), partner=partner, **said)
        return Response(shapes.PartnerKeySerializer(row).data, status=201)


class PartnerKeyWithdrawView(Endpoint):
    """Withdraws a key."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses={200: shapes.PartnerKeySerializer, **problems(404, 409)})
    def post(self, request: Request, partner_slug: str, key_id: str) -> Response:
        """Nothing that it signs counts any more, and nothing is sealed to it."""
        partner = partner_by_slug(partner_slug, caller(request))
        row = partner_keys_of(partner, caller(request)).filter(key_id=key_id).first()
        if row is None:
            message = "There is no such key."
            raise NotFoundError(message)
        return Response(
            shapes.PartnerKeySerializer(withdraw_key(actor=caller(request), key=row)).data
        )


class PatternOutcomesView(Endpoint):
    """Counts for the author of patterns."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=None,
        responses={(200, "application/json"): OpenApiTypes.OBJECT, **problems(404, 409)},
    )
    def post(self, request: Request, partner_slug: str) -> HttpResponse:
        """A bundle of all that may be told."""
        partner = partner_by_slug(partner_slug, caller(request))
        file = hand_outcomes(actor=caller(request), partner=partner)
        return HttpResponse(file.body, content_type=file.media_type)


def _shown(request: Request, received_id: int) -> Response:
    row = received_by_id(received_id, caller(request))
    told = {"told": standing_of(row, caller(request))}
    return Response(shapes.ReceivedDetailSerializer(row, context=told).data)
