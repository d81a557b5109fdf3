"""Cases over REST: the console's services with another skin."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.rest import ListEndpoint, problems
from cases import ordering, queue
from cases.api import serializers
from cases.api.lists import CasePagination, filtered
from cases.api.matching import IF_MATCH, MUST_MATCH, matched, tagged
from cases.api.terms import take_terms
from cases.choices import State, Tlp
from cases.models import Case
from cases.selectors.case import case_by_ref, cases_for
from cases.selectors.evidence import contributions_of
from cases.selectors.faded import faded_for
from cases.selectors.report import reports_of
from cases.services.decision import record_decision, undo_decision
from cases.services.marking import label_case, mark_case
from cases.services.transition import move_case
from cases.timeline import timeline_of


class CaseViewSet(ViewSetMixin, ListEndpoint):
    """Cases that the caller may see; everything else is 404."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW, "PATCH": Scope.REVIEW}
    pagination_class = CasePagination
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
            OpenApiParameter("label", description="A label that the case has"),
            OpenApiParameter("tlp", enum=Tlp.values),
            OpenApiParameter("watched", bool, description="Only cases that the caller watches"),
            OpenApiParameter(
                "sort",
                enum=list(ordering.CHOICES),
                description="Order: `hits` rises, `-hits` falls; such a list has no `previous`",
            ),
        ],
        responses={200: serializers.CaseRowSerializer(many=True), **problems(422)},
    )
    def list(self, request: Request) -> Response:
        """Cases, newest first unless `sort` says otherwise."""
        rows = filtered(self.viewer, request.query_params)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses={200: serializers.CaseSerializer, **problems(404)})
    def retrieve(self, request: Request, ref: str) -> Response:
        """One case with its score's parts, reports and timeline; its ETag is its version."""
        return self._shown(ref)

    @extend_schema(
        request=serializers.MarksSerializer,
        parameters=[MUST_MATCH],
        responses={200: serializers.CaseSerializer, **problems(404, 412, 422, 428)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Set labels and TLP. To let a case travel further takes a lead."""
        with matched(request, ref, self.viewer, must=True) as case:
            said = _valid(serializers.MarksSerializer(data=request.data))
            if "labels" in said:
                label_case(actor=self.viewer, case=case, labels=said["labels"])
            if "tlp" in said:
                mark_case(actor=self.viewer, case=case, tlp=said["tlp"])
        return self._shown(ref)

    @extend_schema(
        request=serializers.TransitionSerializer,
        parameters=[MUST_MATCH],
        responses={200: serializers.CaseRowSerializer, **problems(404, 409, 412, 422, 428)},
    )
    @action(detail=True, methods=["post"])
    def transition(self, request: Request, ref: str) -> Response:
        """Escalate, snooze or reopen; 409 says under `meta.allowed` what the state allows."""
        with matched(request, ref, self.viewer, must=True) as case:
            said = _valid(serializers.TransitionSerializer(data=request.data))
            move_case(actor=self.viewer, case=case, **said | {"to": State(said["to"])})
        case = self._case(ref)
        return tagged(serializers.CaseRowSerializer(case).data, case.version)

    @extend_schema(
        request=None,
        parameters=[IF_MATCH],
        responses={200: serializers.ClaimSerializer, **problems(404, 409, 412)},
    )
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, ref: str) -> Response:
        """Claim the case for ten minutes, or keep a claim; 409 says who has it."""
        with matched(request, ref, self.viewer) as case:
            held = queue.claim(actor=self.viewer, case=case)
        return tagged(serializers.ClaimSerializer(held).data, held.version)

    @extend_schema(
        request=None,
        parameters=[IF_MATCH],
        responses={200: serializers.ClaimSerializer, **problems(404, 409, 412)},
    )
    @action(detail=True, methods=["post"])
    def release(self, request: Request, ref: str) -> Response:
        """Give the case back to its queue."""
        with matched(request, ref, self.viewer) as case:
            held = queue.release(actor=self.viewer, case=case)
        return tagged(serializers.ClaimSerializer(held).data, held.version)

    @extend_schema(
        request=serializers.DecideSerializer,
        parameters=[IF_MATCH],
        responses={201: serializers.DecisionSerializer, **problems(400, 404, 409, 412, 422)},
    )
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, ref: str) -> Response:
        """Close the case. The same key again answers with the first decision."""
        said = _valid(serializers.DecideSerializer(data=request.data))
        with matched(request, ref, self.viewer) as case:
            terms = take_terms(said, self.viewer)
            decision = record_decision(actor=self.viewer, case=case, terms=terms, **said)
        return Response(serializers.DecisionSerializer(decision).data, status=201)

    @extend_schema(
        request=serializers.UndoSerializer,
        parameters=[IF_MATCH],
        responses={200: serializers.CaseRowSerializer, **problems(400, 404, 409, 412)},
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, ref: str) -> Response:
        """Take a decision back; 409 says what changed since."""
        said = _valid(serializers.UndoSerializer(data=request.data))
        with matched(request, ref, self.viewer) as case:
            decision = case.decisions.filter(**({"pk": said["decision"]} if said else {})).first()
            if decision is None:
                message = "There is no such decision."
                raise NotFoundError(message)
            undone = undo_decision(actor=self.viewer, decision=decision)
        return tagged(serializers.CaseRowSerializer(undone).data, undone.version)

    def _shown(self, ref: str) -> Response:
        case = self._case(ref)
        shown = serializers.CaseSerializer(case).data
        shown["contributions"] = contributions_of(case)
        reports = reports_of(case, self.viewer)
        shown["newest_reports"] = serializers.ReportSerializer(reports, many=True).data
        shown["faded"] = [one.account for one in faded_for(case, self.viewer)]
        events = timeline_of(case, self.viewer)
        shown["timeline"] = serializers.EventSerializer(events, many=True).data
        return tagged(shown, case.version)

    def _case(self, ref: str) -> Case:
        return case_by_ref(ref, self.viewer)


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
