"""Cases over REST: the console's services with another skin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.query import parse
from abusedesk.core.rest import ListEndpoint, problems
from cases import queue
from cases.api import serializers
from cases.api.terms import take_terms
from cases.choices import State
from cases.models import Case
from cases.search import FIELDS, where
from cases.selectors.case import case_by_ref, cases_for
from cases.selectors.evidence import contributions_of
from cases.selectors.report import reports_of
from cases.services.decision import record_decision, undo_decision
from cases.services.note import add_note
from cases.timeline import timeline_of


class CaseViewSet(ViewSetMixin, ListEndpoint):
    """Cases that the caller may see; everything else is 404."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    pagination_class = KeysetPagination
    serializer_class = serializers.CaseRowSerializer
    lookup_field = "ref"
    lookup_value_regex = r"AD-[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Case]:
        return cases_for(self.viewer).select_related("claimed_by", "assignee")

    @extend_schema(
        parameters=[
            OpenApiParameter("state", enum=State.values),
            OpenApiParameter("queue", description="Slug of a queue"),
            OpenApiParameter("provider", description="AI provider that the evidence names"),
            OpenApiParameter(
                "q",
                description="The filter language of the console: `is:late sev:>=high platform:x"
                ' assignee:me -is:reported "exact words"`; what cannot be read is named',
            ),
        ],
        responses={200: serializers.CaseRowSerializer(many=True), **problems(422)},
    )
    def list(self, request: Request) -> Response:
        """Cases, newest first."""
        provider = request.query_params.get("provider", "").replace("\x00", "")
        rows = cases_for(self.viewer, provider).select_related("claimed_by", "assignee")
        if state := request.query_params.get("state"):
            if state not in State.values:
                message = f"Choose a state: {', '.join(State.values)}."
                raise InvalidError(message, field="state")
            rows = rows.filter(state=state)
        if slug := request.query_params.get("queue"):
            rows = rows.filter(queue__slug=slug.replace("\x00", ""))
        if asked := request.query_params.get("q"):
            rows = rows.filter(where(parse(asked, FIELDS), clock.now(), self.viewer))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses={200: serializers.CaseSerializer, **problems(404)})
    def retrieve(self, request: Request, ref: str) -> Response:
        """One case with its score's parts, its reports and its timeline."""
        case = self._case(ref)
        shown = serializers.CaseSerializer(case).data
        shown["contributions"] = contributions_of(case)
        reports = reports_of(case, self.viewer)
        shown["newest_reports"] = serializers.ReportSerializer(reports, many=True).data
        events = timeline_of(case, self.viewer)
        shown["timeline"] = serializers.EventSerializer(events, many=True).data
        return Response(shown)

    @extend_schema(request=None, responses={200: serializers.ClaimSerializer, **problems(404, 409)})
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, ref: str) -> Response:
        """Claim the case for ten minutes, or keep a claim; 409 says who has it."""
        case = queue.claim(actor=self.viewer, case=self._case(ref))
        return Response(serializers.ClaimSerializer(case).data)

    @extend_schema(request=None, responses={200: serializers.ClaimSerializer, **problems(404, 409)})
    @action(detail=True, methods=["post"])
    def release(self, request: Request, ref: str) -> Response:
        """Give the case back to its queue."""
        case = queue.release(actor=self.viewer, case=self._case(ref))
        return Response(serializers.ClaimSerializer(case).data)

    @extend_schema(
        request=serializers.DecideSerializer,
        responses={201: serializers.DecisionSerializer, **problems(400, 404, 409, 422)},
    )
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, ref: str) -> Response:
        """Close the case. The same key again answers with the first decision."""
        said = _valid(serializers.DecideSerializer(data=request.data))
        terms = take_terms(said, self.viewer)
        decision = record_decision(actor=self.viewer, case=self._case(ref), terms=terms, **said)
        return Response(serializers.DecisionSerializer(decision).data, status=201)

    @extend_schema(
        request=serializers.UndoSerializer,
        responses={200: serializers.CaseRowSerializer, **problems(400, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, ref: str) -> Response:
        """Take a decision back; 409 says what changed since."""
        said = _valid(serializers.UndoSerializer(data=request.data))
        case = self._case(ref)
        decision = case.decisions.filter(**({"pk": said["decision"]} if said else {})).first()
        if decision is None:
            message = "There is no such decision."
            raise NotFoundError(message)
        case = undo_decision(actor=self.viewer, decision=decision)
        return Response(serializers.CaseRowSerializer(case).data)

    @extend_schema(
        request=serializers.NoteSerializer,
        responses={201: serializers.NoteSerializer, **problems(400, 404, 422)},
    )
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, ref: str) -> Response:
        """Add an internal note."""
        said = _valid(serializers.NoteSerializer(data=request.data))
        note = add_note(actor=self.viewer, case=self._case(ref), body=said["body"])
        return Response(serializers.NoteSerializer(note).data, status=201)

    def _case(self, ref: str) -> Case:
        return case_by_ref(ref, self.viewer)


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
