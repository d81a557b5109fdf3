"""What the desk shares, over REST: drafts, previews, approval, files, recalls, the ledger."""

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
from cases.api import sharing_shapes as shapes
from cases.api.partners import valid
from cases.choices import ShareState
from cases.models import Handover, Share
from cases.selectors.case import case_by_ref
from cases.selectors.feed import outcomes_of
from cases.selectors.ledger import handovers_for
from cases.selectors.partner import circle_by_slug, partner_by_slug
from cases.selectors.share import (
    receivers_of,
    rendition_by_partner,
    share_by_id,
    shared_notes_of,
    shares_for,
)
from cases.services.ledger import search_ledger
from cases.services.share import (
    ShareText,
    change_share,
    draft_share,
)
from cases.services.shared_note import add_shared_note
from cases.sharing.minimise import TYPES

DETAIL = {200: shapes.ShareDetailSerializer}


class SharedNotesView(Endpoint):
    """Notes of a case that partners read."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(responses={200: shapes.SharedNoteSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """All, oldest first."""
        case = case_by_ref(ref, caller(request))
        rows = shared_notes_of(case, caller(request))
        return Response(shapes.SharedNoteSerializer(rows, many=True).data)

    @extend_schema(
        request=shapes.SharedNoteSerializer,
        responses={201: shapes.SharedNoteSerializer, **problems(404, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Write one; it leaves with the next share that is approved."""
        case = case_by_ref(ref, caller(request))
        said = valid(shapes.SharedNoteSerializer(data=request.data))
        note = add_shared_note(actor=caller(request), case=case, **said)
        return Response(shapes.SharedNoteSerializer(note).data, status=201)


class CaseSharesView(Endpoint):
    """Shares of one case."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=shapes.NewShareSerializer,
        responses={201: shapes.ShareDetailSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Begin to share it with a circle; the preview is made, and nothing leaves."""
        actor = caller(request)
        case = case_by_ref(ref, actor)
        said = valid(shapes.NewShareSerializer(data=request.data))
        circle = circle_by_slug(said.pop("circle"), actor)
        row = draft_share(actor=actor, case=case, circle=circle, said=ShareText(**said))
        return shown(request, row.pk, status=201)


class SharesView(ListModelMixin, ListEndpoint):
    """Shares."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = shapes.ShareSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Share]:
        """Those of cases that the caller sees."""
        rows = shares_for(self.viewer)
        state = self.request.query_params.get("state", "")
        if state and state not in ShareState.values:
            message = f"Choose a state: {', '.join(ShareState.values)}."
            raise InvalidError(message, field="state")
        return rows.filter(state=state) if state else rows

    @extend_schema(
        operation_id="shares_list",
        parameters=[OpenApiParameter("state", enum=ShareState.values)],
        responses={200: shapes.ShareSerializer, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)


class ShareView(Endpoint):
    """One share."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.REVIEW}

    @extend_schema(operation_id="shares_read", responses={**DETAIL, **problems(404)})
    def get(self, request: Request, share_id: int) -> Response:
        """Who gets it, who does not and why, and what holds it up."""
        return shown(request, share_id)

    @extend_schema(
        operation_id="shares_change",
        request=shapes.ShareChangeSerializer,
        responses={**DETAIL, **problems(404, 409, 422)},
    )
    def put(self, request: Request, share_id: int) -> Response:
        """Write the draft anew, or the next revision; an approval that was asked for is void."""
        row = share_by_id(share_id, caller(request))
        said = valid(shapes.ShareChangeSerializer(data=request.data))
        change_share(actor=caller(request), share=row, said=ShareText(**said))
        return shown(request, share_id)


class SharePreviewView(Endpoint):
    """What one partner gets."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(responses={200: shapes.RenditionSerializer, **problems(404)})
    def get(self, request: Request, share_id: int, partner_slug: str) -> Response:
        """Every field with its rule, and the exact text."""
        row = share_by_id(share_id, caller(request))
        partner = partner_by_slug(partner_slug, caller(request))
        found = rendition_by_partner(row, partner, caller(request))
        return Response(shapes.RenditionSerializer(found).data)


class LedgerView(ListModelMixin, ListEndpoint):
    """Everything that left for partners."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = shapes.HandoverSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Handover]:
        """For leads and admins."""
        return handovers_for(self.viewer)

    @extend_schema(
        operation_id="sharing_ledger",
        parameters=[
            OpenApiParameter("type", enum=list(TYPES)),
            OpenApiParameter("value", description="What told of this value, hashed or not."),
        ],
        responses={200: shapes.HandoverSerializer, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Newest first; with a value, at most 500 lines on one page."""
        value = request.query_params.get("value", "")
        if not value:
            return self.list(request)
        type = request.query_params.get("type", "")
        if type not in TYPES:
            message = f"Choose a type: {', '.join(TYPES)}."
            raise InvalidError(message, field="type")
        found = search_ledger(actor=self.viewer, type=type, value=value)
        told: dict[str, Any] = {"told": {one.handover.pk: one.objects for one in found}}
        rows = [one.handover for one in found]
        data = shapes.HandoverSerializer(rows, many=True, context=told).data
        return Response({"next": None, "previous": None, "results": data})


def shown(request: Request, share_id: int, status: int = 200) -> Response:
    row = share_by_id(share_id, caller(request))
    told = {
        "receivers": receivers_of(row, caller(request)),
        "outcomes": outcomes_of(row, caller(request)),
    }
    return Response(shapes.ShareDetailSerializer(row, context=told).data, status=status)
