"""Steps of a share over REST: approval, files, recall, receipts."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import ConflictError, NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.api import sharing_shapes as shapes
from cases.api.partners import valid
from cases.api.shares import DETAIL, shown
from cases.choices import WayOut
from cases.selectors.partner import partner_by_slug
from cases.selectors.share import (
    share_by_id,
)
from cases.services.handover import FILES, hand_over
from cases.services.recall import Receipt, acknowledge_recall, recall_share, record_answer
from cases.services.share import (
    approve_share,
    ask_approval,
    refuse_share,
)


class ShareAskView(Endpoint):
    """Asks a second person."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(request=None, responses={**DETAIL, **problems(404, 409)})
    def post(self, request: Request, share_id: int) -> Response:
        """While anything holds it up, 409."""
        row = share_by_id(share_id, caller(request))
        ask_approval(actor=caller(request), share=row)
        return shown(request, share_id)


class ShareApproveView(Endpoint):
    """Lets a share out."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(request=shapes.DigestSerializer, responses={**DETAIL, **problems(404, 409)})
    def post(self, request: Request, share_id: int) -> Response:
        """Exactly the bytes with this digest; 409 when they are others by now."""
        row = share_by_id(share_id, caller(request))
        said = valid(shapes.DigestSerializer(data=request.data))
        approve_share(actor=caller(request), share=row, digest=said["digest"])
        return shown(request, share_id)


class ShareRefuseView(Endpoint):
    """Sends a share back."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(request=shapes.WhySerializer, responses={**DETAIL, **problems(404, 409, 422)})
    def post(self, request: Request, share_id: int) -> Response:
        """To its author."""
        row = share_by_id(share_id, caller(request))
        said = valid(shapes.WhySerializer(data=request.data))
        refuse_share(actor=caller(request), share=row, reason=said["reason"])
        return shown(request, share_id)


class ShareRecallView(Endpoint):
    """Takes a share back."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(request=shapes.WhySerializer, responses={**DETAIL, **problems(404, 409, 422)})
    def post(self, request: Request, share_id: int) -> Response:
        """From everybody; receivers say which partner knows."""
        row = share_by_id(share_id, caller(request))
        said = valid(shapes.WhySerializer(data=request.data))
        recall_share(actor=caller(request), share=row, reason=said["reason"])
        return shown(request, share_id)


class ShareFileView(Endpoint):
    """Files for one partner."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=None,
        responses={
            (200, "application/json"): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.BINARY,
            **problems(404, 409),
        },
    )
    def post(self, request: Request, share_id: int, partner_slug: str, way: str) -> HttpResponse:
        """signed, bundle, table, event or recall; it counts as delivered from now on."""
        row = share_by_id(share_id, caller(request))
        partner = partner_by_slug(partner_slug, caller(request))
        if way not in FILES:
            message = "There is no such file."
            raise NotFoundError(message)
        file = hand_over(actor=caller(request), share=row, partner=partner, way=WayOut(way))
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return HttpResponse(file.body, content_type=file.media_type, headers=headers)


class ShareAnswerView(Endpoint):
    """What a partner said of a recall in another way."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=shapes.RecallAnswerSerializer, responses={**DETAIL, **problems(404, 409, 422)}
    )
    def post(self, request: Request, share_id: int, partner_slug: str) -> Response:
        """By mail or on the telephone."""
        row = share_by_id(share_id, caller(request))
        partner = partner_by_slug(partner_slug, caller(request))
        target = row.targets.select_related("share__case").filter(partner=partner).first()
        said = valid(shapes.RecallAnswerSerializer(data=request.data))
        if target is None:
            message = f"{partner} is not named in this share."
            raise ConflictError(message)
        record_answer(actor=caller(request), target=target, **said)
        return shown(request, share_id)


class ReceiptsView(Endpoint):
    """Receipts of partners."""

    scopes: ClassVar = {"POST": Scope.SHARE}

    @extend_schema(
        operation_id="sharing_receipt",
        request=shapes.ReceiptSerializer,
        responses={200: shapes.RecallAnswerSerializer, **problems(409, 422)},
    )
    def post(self, request: Request) -> Response:
        """What the partner whose token this is says to a recall."""
        said = valid(shapes.ReceiptSerializer(data=request.data))
        acknowledge_recall(actor=caller(request), said=Receipt(**said))
        return Response({name: said[name] for name in ("answer", "disabled", "note")})
