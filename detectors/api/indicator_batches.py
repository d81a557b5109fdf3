"""Imports of indicators over REST: read, look, accept, drop, undo."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.choices import BatchState, Opinion, RowOutcome, Tlp
from detectors.intel import terms as rules
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch, IndicatorRow
from detectors.reasons import REASON_CHARS
from detectors.selectors.indicator_batch import (
    indicator_batch_by_id,
    indicator_batches_for,
    indicator_rows_of,
)
from detectors.selectors.indicator_source import indicator_sources_for
from detectors.services.indicator_batch import (
    MAX_BYTES,
    accept_batch,
    drop_batch,
    read_batch,
    undo_batch,
)
from detectors.watching.lines import MAX_NOTE, MAX_SOURCE


class InReportOrder(KeysetPagination):
    """By the number of the row."""

    ordering = "number"


class IndicatorBatchSerializer(serializers.ModelSerializer[IndicatorBatch]):
    """One import. forms, outcomes: how many rows of each; added: assertions put on the list."""

    actor = serializers.CharField(source="actor.username", read_only=True)
    state = serializers.CharField(help_text=", ".join(BatchState.values))
    opinion = serializers.CharField(help_text=", ".join(Opinion.values))
    tlp = serializers.CharField(help_text=", ".join(Tlp.values))

    def get_fields(self) -> dict[str, Any]:
        """`source` is a property of serializers, so it cannot be declared as a field."""
        return {**super().get_fields(), "source": serializers.CharField(read_only=True)}

    class Meta:
        model = IndicatorBatch
        fields: ClassVar = [
            *("id", "name", "sha256", "form", "trust", "confidence", "opinion", "tlp"),
            *("licence", "reference", "note", "days", "rows", "forms", "outcomes", "state"),
            *("added", "withdrawn", "actor", "created_at", "settled_at", "reason"),
        ]
        read_only_fields: ClassVar = fields


class IndicatorThingSerializer(serializers.Serializer[Any]):
    """One value of a row. others: sources that say it too; lists: of well-known things."""

    type = serializers.CharField()
    value = serializers.CharField()
    outcome = serializers.CharField()
    others = serializers.IntegerField()
    lists = serializers.ListField(child=serializers.CharField())


class IndicatorRowSerializer(serializers.ModelSerializer[IndicatorRow]):
    """One row as it was written and as it was understood."""

    outcome = serializers.CharField(help_text=", ".join(RowOutcome.values))
    opinion = serializers.CharField(help_text="Where the format says one.")
    things = IndicatorThingSerializer(many=True)

    class Meta:
        model = IndicatorRow
        fields: ClassVar = [
            *("number", "raw", "heading", "form", "outcome", "things", "message", "phase"),
            *("phase_how", "said", "technique", "procedure", "note", "first_seen", "last_seen"),
            *("extra", "opinion", "confidence", "uid", "tags"),
        ]
        read_only_fields: ClassVar = fields


class ReportInSerializer(serializers.Serializer[Any]):
    """A report as `text`, or as a `file` in a form; and what all of its rows have in common."""

    text = serializers.CharField(required=False, max_length=MAX_BYTES, trim_whitespace=False)
    file = serializers.FileField(required=False)
    trust = serializers.FloatField(min_value=0, max_value=1, default=rules.TRUST)
    confidence = serializers.IntegerField(min_value=0, max_value=100, default=rules.CONFIDENCE)
    opinion = serializers.ChoiceField(Opinion.choices, default=Opinion.POSITIVE.value)
    tlp = serializers.ChoiceField(Tlp.choices, default=Tlp.AMBER.value)
    licence = serializers.CharField(max_length=rules.MAX_LICENCE, default="", allow_blank=True)
    reference = serializers.CharField(max_length=rules.MAX_REFERENCE, default="", allow_blank=True)
    note = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True)
    days = serializers.IntegerField(
        min_value=rules.MIN_DAYS, max_value=rules.MAX_DAYS, default=rules.DAYS
    )

    def get_fields(self) -> dict[str, Any]:
        """`source` is a property of serializers, so it cannot be an attribute of this one."""
        return {"source": serializers.CharField(max_length=MAX_SOURCE), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of text and file."""
        if ("text" in attrs) == ("file" in attrs):
            raise serializers.ValidationError({"text": "Send text or a file: one of both."})
        return attrs


class TickedSerializer(serializers.Serializer[Any]):
    """Numbers of rows that needed a look and are taken."""

    ticked = serializers.ListField(
        child=serializers.IntegerField(min_value=1), default=list, max_length=20_000
    )


class UndoneSerializer(serializers.Serializer[Any]):
    """Why it is undone."""

    reason = serializers.CharField(max_length=REASON_CHARS)


@extend_schema_view(
    get=extend_schema(
        operation_id="indicator_imports_list",
        responses={200: IndicatorBatchSerializer, **problems()},
    ),
    post=extend_schema(
        operation_id="indicator_imports_read",
        request=ReportInSerializer,
        responses={201: IndicatorBatchSerializer, **problems(415, 422)},
    ),
)
class IndicatorBatchesView(ListModelMixin, ListEndpoint):
    """Imports of indicators; POST reads a report. Nothing of it counts before it is accepted."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    queryset = IndicatorBatch.objects.none()
    serializer_class = IndicatorBatchSerializer
    pagination_class = KeysetPagination

    def get_parsers(self) -> list[BaseParser]:
        """JSON, and forms with files."""
        return [JSONParser(), MultiPartParser()]

    def get_queryset(self) -> QuerySet[IndicatorBatch]:
        """What the caller may see."""
        return indicator_batches_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Imports, newest first."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Read a report: tables, lists, plain text or a MISP event; the answer is the preview."""
        form = ReportInSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        upload: UploadedFile[bytes] | None = said.get("file")
        batch = read_batch(
            actor=caller(request),
            raw=upload.read(MAX_BYTES + 1) if upload else said["text"].encode("utf-8", "replace"),
            terms=BatchTerms(**{name: said[name] for name in BatchTerms.__dataclass_fields__}),
            name=(upload.name or "") if upload else "",
        )
        return Response(IndicatorBatchSerializer(batch).data, status=201)


@extend_schema_view(
    get=extend_schema(responses={200: IndicatorBatchSerializer, **problems(404)}),
    delete=extend_schema(responses={200: IndicatorBatchSerializer, **problems(404, 409)}),
)
class IndicatorBatchView(Endpoint):
    """One import; DELETE drops a preview."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}

    def get(self, request: Request, batch_id: int) -> Response:
        """What was read and what became of it."""
        batch = indicator_batch_by_id(batch_id, caller(request))
        return Response(IndicatorBatchSerializer(batch).data)

    def delete(self, request: Request, batch_id: int) -> Response:
        """Leave it at the preview."""
        batch = indicator_batch_by_id(batch_id, caller(request))
        dropped = drop_batch(actor=caller(request), batch=batch)
        return Response(IndicatorBatchSerializer(dropped).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="indicator_imports_rows",
        parameters=[OpenApiParameter("outcome", enum=RowOutcome.values)],
        responses={200: IndicatorRowSerializer, **problems(404)},
    ),
)
class IndicatorRowsView(ListModelMixin, ListEndpoint):
    """Rows of an import."""

    scopes: ClassVar = {"GET": Scope.READ}
    queryset = IndicatorRow.objects.none()
    serializer_class = IndicatorRowSerializer
    pagination_class = InReportOrder

    def get_queryset(self) -> QuerySet[IndicatorRow]:
        """Of the import in the path."""
        batch = indicator_batch_by_id(self.kwargs["batch_id"], self.viewer)
        outcome = self.request.query_params.get("outcome", "")
        if outcome and outcome not in RowOutcome.values:
            message = f"Use one of {', '.join(RowOutcome.values)}."
            raise serializers.ValidationError({"outcome": message})
        return indicator_rows_of(batch, outcome)

    def get(self, request: Request, batch_id: int) -> Response:
        """Rows in the order of the report."""
        return self.list(request)


class IndicatorSourceSerializer(serializers.Serializer[Any]):
    """How one source fares. met: assertions whose value a signal used.

    precision: share of the decided campaigns that was confirmed, with its 95 % interval.
    """

    standing = serializers.IntegerField()
    met = serializers.IntegerField()
    ended = serializers.IntegerField()
    hits = serializers.IntegerField()
    precision = serializers.FloatField(source="precision.value")
    precision_low = serializers.FloatField(source="precision.low")
    precision_high = serializers.FloatField(source="precision.high")
    decided = serializers.IntegerField(source="precision.n")

    def get_fields(self) -> dict[str, Any]:
        """`source` is a property of serializers, so it cannot be declared as a field."""
        return {"source": serializers.CharField(), **super().get_fields()}


class IndicatorSourcesView(Endpoint):
    """Sources of indicators."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="indicator_sources_list",
        responses={200: IndicatorSourceSerializer(many=True), **problems()},
    )
    def get(self, request: Request) -> Response:
        """The 100 that say most, and how often reviewers confirmed what their values led to."""
        rows = indicator_sources_for(caller(request))
        return Response(IndicatorSourceSerializer(rows, many=True).data)


class IndicatorAcceptView(Endpoint):
    """Put an import on the watch list."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="indicator_imports_accept",
        request=TickedSerializer,
        responses={200: IndicatorBatchSerializer, **problems(404, 409, 415, 422)},
    )
    def post(self, request: Request, batch_id: int) -> Response:
        """Its new values, and those of the rows that are ticked."""
        batch = indicator_batch_by_id(batch_id, caller(request))
        form = TickedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = accept_batch(
            actor=caller(request), batch=batch, ticked=set(form.validated_data["ticked"])
        )
        return Response(IndicatorBatchSerializer(done).data)


class IndicatorUndoView(Endpoint):
    """Take off the list what an import put there."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="indicator_imports_undo",
        request=UndoneSerializer,
        responses={200: IndicatorBatchSerializer, **problems(404, 409, 415, 422)},
    )
    def post(self, request: Request, batch_id: int) -> Response:
        """What other sources say of the values stays."""
        batch = indicator_batch_by_id(batch_id, caller(request))
        form = UndoneSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = undo_batch(actor=caller(request), batch=batch, reason=form.validated_data["reason"])
        return Response(IndicatorBatchSerializer(done).data)
