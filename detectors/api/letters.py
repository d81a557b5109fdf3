"""Many refused items over REST: what is wrong with them, replay and discard of all that match."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from detectors.choices import DeadLetterState, JobState, LetterAction
from detectors.models import LetterJob
from detectors.selectors.dead_letter import LetterFilter, job_by_id, letter_count_for, reasons_for
from detectors.services.letter_job import start_job, waiting_ids

CHOSEN: Final = 10_000
FILTERS: Final = [
    OpenApiParameter("source", description="Slug of the source."),
    OpenApiParameter("code", description="Code of a reason."),
    OpenApiParameter("field", description="Field of the same reason."),
    OpenApiParameter("adapter", description="Slug, or `none` for what was posted as a signal."),
    OpenApiParameter("state", enum=DeadLetterState.values),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="Received then or later."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Received before."),
]


class ReasonSerializer(serializers.Serializer[Any]):
    """How many items were refused at one field with one code."""

    field = serializers.CharField()
    code = serializers.CharField()
    letters = serializers.IntegerField()


class ReasonsSerializer(serializers.Serializer[Any]):
    """total: of the items that match, 10,001 for more than 10,000; reasons count those, newest."""

    total = serializers.IntegerField()
    reasons = ReasonSerializer(many=True)


def _filter_fields() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """Of the filter: not a class, whose `source` would hide DRF's own."""
    words = ("source", "code", "field", "adapter")
    moments = ("since", "until")
    return {
        **{name: serializers.CharField(max_length=200, required=False) for name in words},
        **{name: serializers.DateTimeField(required=False) for name in moments},
    }


class LetterJobRequestSerializer(serializers.Serializer[Any]):
    """What to do with which waiting items.

    ids: only these. newest: none that came after this id; a `dry_run` gives one out. reason: of a
    discard.
    """

    action = serializers.ChoiceField(LetterAction.choices)
    filter = inline_serializer("LetterFilter", _filter_fields(), required=False)
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=CHOSEN,
        required=False,
    )
    newest = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    dry_run = serializers.BooleanField(required=False)

    def validate_ids(self, ids: list[int]) -> list[int]:
        """An empty list would mean everything."""
        if not ids:
            message = "Leave ids out to mean all that match the filter."
            raise serializers.ValidationError(message)
        return ids


class LetterCountSerializer(serializers.Serializer[Any]):
    """What a job would take now. newest: the last of them; null without any."""

    total = serializers.IntegerField()
    newest = serializers.IntegerField(allow_null=True)


class LetterJobSerializer(serializers.ModelSerializer[LetterJob]):
    """done: settled; failed: refused again, they stay with the new reason."""

    action = serializers.CharField(read_only=True, help_text="replay or discard")
    state = serializers.CharField(read_only=True, help_text="running or done")

    class Meta:
        model = LetterJob
        fields: ClassVar = [
            "id",
            "action",
            "filters",
            "reason",
            "total",
            "done",
            "failed",
            "state",
            "created_at",
            "finished_at",
        ]


class ReasonsView(Endpoint):
    """Counts by reason."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="dead_letters_reasons",
        parameters=FILTERS,
        responses={200: ReasonsSerializer, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Most frequent first, at most 50, over the newest 10,000 that match."""
        wanted = LetterFilter.read(request.query_params)
        viewer = caller(request)
        found = {
            "total": letter_count_for(viewer, wanted),
            "reasons": reasons_for(viewer, wanted),
        }
        return Response(ReasonsSerializer(found).data)


class LetterJobsView(Endpoint):
    """Replay or discard of many."""

    scopes: ClassVar = {"POST": Scope.INGEST}

    @extend_schema(
        operation_id="dead_letters_settle",
        request=LetterJobRequestSerializer,
        responses={
            200: LetterCountSerializer,
            201: LetterJobSerializer,
            202: LetterJobSerializer,
            **problems(415, 422),
        },
    )
    def post(self, request: Request) -> Response:
        """All waiting items that match, at most 10,000, the oldest first.

        200: the count that `dry_run` asks for; 201: all were tried; 202: a worker tries them.
        """
        form = LetterJobRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        wanted = LetterFilter(**said.get("filter", {}))
        which = {
            "wanted": wanted,
            "chosen": said.get("ids", ()),
            "newest": said.get("newest"),
        }
        if said.get("dry_run"):
            ids = waiting_ids(actor=caller(request), **which)
            return Response({"total": len(ids), "newest": ids[-1] if ids else None})
        job = start_job(
            actor=caller(request), action=said["action"], reason=said.get("reason", ""), **which
        )
        done = job.state == JobState.DONE
        return Response(LetterJobSerializer(job).data, status=201 if done else 202)


class LetterJobView(Endpoint):
    """One replay or discard of many."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="dead_letters_job",
        responses={200: LetterJobSerializer, **problems(404)},
    )
    def get(self, request: Request, job_id: int) -> Response:
        """How far it is."""
        return Response(LetterJobSerializer(job_by_id(job_id, caller(request))).data)
