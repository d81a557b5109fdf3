"""Statements of reasons and the transparency report over REST."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases import policy
from cases.models import Statement
from cases.selectors.statement import Span, statements_by_span
from cases.services.statement import issue_statements
from cases.services.transparency import read_report

DAYS = 30


class SpanSerializer(serializers.Serializer[object]):
    """First and last day in UTC; the last thirty days where they are left out."""

    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)


class StatementSerializer(serializers.ModelSerializer[Statement]):
    """One that was issued. statement: as the transparency database takes it."""

    case = serializers.CharField(source="action.decision.case.ref", read_only=True)
    decision = serializers.IntegerField(source="action.decision_id", read_only=True)
    reversed_at = serializers.DateTimeField(
        source="action.reversed_at", read_only=True, allow_null=True
    )
    statement = serializers.DictField(source="body", read_only=True)

    class Meta:
        model = Statement
        fields = ["id", "puid", "case", "decision", "issued_at", "reversed_at", "statement"]
        read_only_fields = fields


class KeptBackSerializer(serializers.Serializer[object]):
    """What is wrong with one field."""

    field = serializers.CharField()
    message = serializers.CharField()


class KeptSerializer(serializers.Serializer[object]):
    """A restriction whose statement is kept back."""

    case = serializers.CharField(source="action.decision.case.ref")
    decision = serializers.IntegerField(source="action.decision_id")
    action = serializers.CharField(source="action.kind")
    faults = KeptBackSerializer(many=True)


class StatementsIssuedSerializer(serializers.Serializer[object]):
    """How many were issued, and what keeps the others back."""

    count = serializers.IntegerField()
    kept = KeptSerializer(many=True)


class FigureSerializer(serializers.Serializer[object]):
    """One line of the report."""

    section = serializers.CharField()
    measure = serializers.CharField()
    value = serializers.FloatField()
    unit = serializers.CharField()


@extend_schema_view(get=extend_schema(operation_id="statements_list", parameters=[SpanSerializer]))
class StatementsView(ListModelMixin, ListEndpoint):
    """Statements of reasons."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    serializer_class = StatementSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Statement]:
        """What the caller may see."""
        return statements_by_span(span_of(self.request), self.viewer)

    @extend_schema(responses={200: StatementSerializer(many=True), **problems(422)})
    def get(self, request: Request) -> Response:
        """Issued ones about decisions of these days, newest first; `page_size=100` is a batch."""
        policy.require(caller(request), "statement.view")
        return self.list(request)

    @extend_schema(
        operation_id="statements_issue",
        parameters=[SpanSerializer],
        request=None,
        responses={201: StatementsIssuedSerializer, **problems(422)},
    )
    def post(self, request: Request) -> Response:
        """Issue what decisions of these days owe, at most a thousand at once."""
        done = issue_statements(actor=caller(request), span=span_of(request))
        return Response(StatementsIssuedSerializer(done).data, status=201)


class TransparencyView(Endpoint):
    """Counts for a transparency report."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="transparency",
        parameters=[SpanSerializer],
        responses={200: FigureSerializer(many=True), **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """What was reported, decided, restricted and objected to in these days."""
        span = span_of(request)
        figures = read_report(actor=caller(request), span=span, format="json")
        return Response(FigureSerializer(figures, many=True).data)


def span_of(request: Request) -> Span:
    """The days that the address names. Raises ValidationError or InvalidError at the field."""
    said = SpanSerializer(data=request.query_params)
    said.is_valid(raise_exception=True)
    today = clock.now().date()
    last = said.validated_data.get("last", today)
    first = said.validated_data.get("first", date.fromordinal(max(1, last.toordinal() - DAYS + 1)))
    span = Span(first, last)
    span.check()
    return span
