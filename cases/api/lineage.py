"""Mergers, cuts and proposals over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases.api import lineage_shapes as shapes
from cases.models import Case
from cases.selectors.case import case_by_ref
from cases.selectors.lineage import lineage_by_id, lineage_for, proposal_by_id, proposals_for
from cases.services.cut import cut_case, preview_cut
from cases.services.faded import let_go
from cases.services.lineage import undo_lineage
from cases.services.merge import merge_cases, preview_merge
from cases.services.proposal import accept_proposal, reject_proposal
from detectors.models import Proposal


class LineageView(Endpoint):
    """Where a case came from."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="cases_lineage",
        responses={200: shapes.LineageSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request, ref: str) -> Response:
        """Mergers and splits of a case, newest first, also those that were taken back."""
        rows = lineage_for(_case(request, ref), caller(request))
        return Response(shapes.LineageSerializer(rows, many=True).data)


class LineageUndoView(Endpoint):
    """The way back."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_lineage_undo",
        request=None,
        responses={200: shapes.LineageSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, ref: str, lineage_id: int) -> Response:
        """Take a merger or a cut back; 409 says what has to be undone before."""
        row = lineage_by_id(_case(request, ref), lineage_id, caller(request))
        done = undo_lineage(actor=caller(request), row=row)
        return Response(shapes.LineageSerializer(done).data)


class MergeView(Endpoint):
    """Two cases that are one."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_merge_preview",
        parameters=[OpenApiParameter("other", required=True, description="Reference of a case")],
        responses={200: shapes.UnionSerializer, **problems(404, 422)},
    )
    def get(self, request: Request, ref: str) -> Response:
        """What it would be to merge `other` into this case; nothing is changed."""
        case = _case(request, ref)
        asked = request.query_params.get("other", "").replace("\x00", "")
        if not asked:
            message = "Say which other case."
            raise InvalidError(message, field="other")
        found = preview_merge(actor=caller(request), case=case, other=_case(request, asked))
        return Response(shapes.UnionSerializer(found).data)

    @extend_schema(
        operation_id="cases_merge",
        request=shapes.MergeSerializer,
        responses={201: shapes.LineageSerializer, **problems(400, 404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Merge `other` into this case, which goes on; 409 says what keeps them apart."""
        said = _valid(shapes.MergeSerializer(data=request.data))
        row = merge_cases(
            actor=caller(request),
            case=_case(request, ref),
            other=_case(request, said["other"]),
            reason=said["reason"],
        )
        return Response(shapes.LineageSerializer(row).data, status=201)


class CutView(Endpoint):
    """A case that is two."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_cut",
        request=shapes.CutSerializer,
        responses={201: shapes.LineageSerializer, **problems(400, 404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Keep two sides apart; a part that is strong enough becomes a case of its own."""
        said = _valid(shapes.CutSerializer(data=request.data))
        row = cut_case(actor=caller(request), case=_case(request, ref), **said)
        return Response(shapes.LineageSerializer(row).data, status=201)


class LetGoView(Endpoint):
    """Members whom no evidence ties any more."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_let_go",
        request=shapes.LetGoSerializer,
        responses={201: shapes.LineageSerializer(many=True), **problems(400, 404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Cut them off, one cut for each campaign; 422 names one that evidence still ties."""
        said = _valid(shapes.LetGoSerializer(data=request.data))
        rows = let_go(actor=caller(request), case=_case(request, ref), **said)
        return Response(shapes.LineageSerializer(rows, many=True).data, status=201)


class CutPreviewView(Endpoint):
    """What a cut would leave."""

    scopes: ClassVar = {"POST": Scope.READ}

    @extend_schema(
        operation_id="cases_cut_preview",
        request=shapes.SidesSerializer,
        responses={200: shapes.PreviewSerializer, **problems(400, 404, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Both parts; nothing is changed."""
        said = _valid(shapes.SidesSerializer(data=request.data))
        found = preview_cut(actor=caller(request), case=_case(request, ref), **said)
        return Response(shapes.PreviewSerializer(found).data)


class ProposalsView(ListModelMixin, ListEndpoint):
    """What the fusion would do with cases that people work on."""

    scopes: ClassVar = {"GET": Scope.READ}
    pagination_class = KeysetPagination
    serializer_class = shapes.ProposalSerializer

    def get_queryset(self) -> QuerySet[Proposal]:
        return proposals_for(self.viewer)

    @extend_schema(
        operation_id="proposals_list",
        responses={200: shapes.ProposalSerializer(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """Mergers and splits that wait for an answer, newest first."""
        return self.list(request)


class ProposalView(Endpoint):
    """An answer to one of them."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="proposals_settle",
        request=shapes.AnswerSerializer,
        responses={200: shapes.AnswerSerializer, **problems(400, 404, 409, 422)},
    )
    def post(self, request: Request, proposal_id: int) -> Response:
        """Accept: it is done at once, and can be undone in the case's lineage. Or reject."""
        said = _valid(shapes.AnswerSerializer(data=request.data))
        proposal = proposal_by_id(proposal_id, caller(request))
        answer = accept_proposal if said["accept"] else reject_proposal
        answer(actor=caller(request), proposal=proposal)
        return Response(said)


def _case(request: Request, ref: str) -> Case:
    return case_by_ref(ref, caller(request))


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
