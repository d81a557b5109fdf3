"""What desks ask each other over REST: keys of circles, look-ups by hash; and asking them."""

from __future__ import annotations

from typing import ClassVar, Final

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import ConflictError
from abusedesk.core.models import Scope
from abusedesk.core.outbound import OutboundError
from abusedesk.core.rest import Endpoint, caller, problems
from cases.api import exchange_shapes as shapes
from cases.api import feed_shapes
from cases.api.partners import valid
from cases.api.shares import DETAIL, shown
from cases.selectors.feed import feed_by_slug, imported_by_id
from cases.selectors.share import share_by_id
from cases.services.answering import answer_feed
from cases.services.asking import ask_partners
from cases.services.circle_keys import hand_out_keys
from cases.services.lookup import answer_lookup, describe_lookups
from cases.services.opinion import give_opinion
from cases.services.override import override_conflict
from detectors.selectors.entity import entity_by_id

KEY: Final = OpenApiParameter(
    "key", str, description="Id of the key that was hashed with; else the one that is named."
)


class CircleKeysView(Endpoint):
    """Keys of a circle, for its members."""

    scopes: ClassVar = {"GET": Scope.SHARE}

    @extend_schema(responses={200: shapes.CircleKeysSerializer, **problems(404, 409)})
    def get(self, request: Request, circle_slug: str) -> Response:
        """Of the last two epochs, sealed to the caller's pinned key."""
        return Response(hand_out_keys(actor=caller(request), circle_slug=circle_slug))


class LookupsView(Endpoint):
    """How members ask what the desk knows."""

    scopes: ClassVar = {"GET": Scope.SHARE}

    @extend_schema(
        parameters=[KEY], responses={200: shapes.LookupsSerializer, **problems(404, 422)}
    )
    def get(self, request: Request, circle_slug: str) -> Response:
        """The key to hash with, and how many digits of a hash to send."""
        key_id = request.query_params.get("key", "")
        told = describe_lookups(actor=caller(request), circle_slug=circle_slug, key_id=key_id)
        return Response(told)


class LookupView(Endpoint):
    """One bucket of hashes."""

    scopes: ClassVar = {"GET": Scope.SHARE}

    @extend_schema(
        operation_id="sharing_lookup",
        parameters=[KEY],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            **problems(404, 422, 429),
        },
    )
    def get(self, request: Request, circle_slug: str, type: str, prefix: str) -> HttpResponse:
        """All that begin with the prefix, among others that are made up; always of one length."""
        body = answer_lookup(
            actor=caller(request),
            circle_slug=circle_slug,
            type=type,
            prefix=prefix,
            key_id=request.query_params.get("key", ""),
        )
        return HttpResponse(body, content_type="application/json")


class AskView(Endpoint):
    """Asks other desks about a thing."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="sharing_ask",
        request=shapes.AskSerializer,
        responses={200: shapes.AskedSerializer(many=True), **problems(404, 409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Nothing of it leaves but a piece of its hash."""
        said = valid(shapes.AskSerializer(data=request.data))
        entity = entity_by_id(said["entity"], caller(request))
        asked = ask_partners(actor=caller(request), entity=entity)
        return Response(shapes.AskedSerializer(asked, many=True).data)


class FeedAnswerView(Endpoint):
    """Tells a feed's desk what was seen."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(request=None, responses={200: shapes.AnsweredSerializer, **problems(404, 409)})
    def post(self, request: Request, feed_slug: str) -> Response:
        """Counts since the last time; under five accounts nothing is told."""
        row = feed_by_slug(feed_slug, caller(request))
        try:
            return Response({"sightings": answer_feed(actor=caller(request), feed=row)})
        except OutboundError as error:
            raise ConflictError(str(error)) from error


class ShareOverrideView(Endpoint):
    """Leave to share in spite of a conflict."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=shapes.OverrideSerializer, responses={**DETAIL, **problems(404, 409, 422)}
    )
    def post(self, request: Request, share_id: int) -> Response:
        """By a lead, with a reason and an end; TLP cannot be overridden."""
        row = share_by_id(share_id, caller(request))
        said = valid(shapes.OverrideSerializer(data=request.data))
        override_conflict(actor=caller(request), share=row, **said)
        return shown(request, share_id)


class ImportedOpinionView(Endpoint):
    """What the desk thinks of an object."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        request=feed_shapes.ImportedOpinionSerializer,
        responses={200: feed_shapes.ImportedDetailSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, imported_id: int) -> Response:
        """Told to the desk of the feed that brought it."""
        row = imported_by_id(imported_id, caller(request))
        said = valid(feed_shapes.ImportedOpinionSerializer(data=request.data))
        try:
            row = give_opinion(actor=caller(request), imported=row, **said)
        except OutboundError as error:
            raise ConflictError(str(error)) from error
        return Response(feed_shapes.ImportedDetailSerializer(row).data)
