"""What is read of others, over REST: feeds, inboxes, imported objects."""

from __future__ import annotations

import json
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases.api import feed_shapes as shapes
from cases.api.partners import valid
from cases.models import ImportedObject
from cases.selectors.feed import (
    feed_by_slug,
    feeds_for,
    imported_by_id,
    imported_objects_for,
    inbox_of,
)
from cases.selectors.misp import events_of
from cases.selectors.partner import circle_by_slug, partner_by_slug
from cases.services.bundle import read_bundle
from cases.services.feed import FeedText, accept_feed, resume_feed, save_feed
from cases.services.inbox import set_inbox
from detectors.intel.terms import BatchTerms

DETAIL = {200: shapes.FeedSerializer}


class FeedsView(Endpoint):
    """Feeds."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="feeds_list",
        responses={200: shapes.FeedSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request) -> Response:
        """All, by name."""
        return Response(shapes.FeedSerializer(feeds_for(caller(request)), many=True).data)

    @extend_schema(
        request=shapes.NewFeedSerializer,
        responses={201: shapes.FeedSerializer, **problems(409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Make one; it is read at once."""
        said = valid(shapes.NewFeedSerializer(data=request.data))
        slug = said.pop("slug")
        row = save_feed(actor=caller(request), said=FeedText(**said), slug=slug)
        return Response(shapes.FeedSerializer(row).data, status=201)


class FeedView(Endpoint):
    """One feed."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(responses={**DETAIL, **problems(404)})
    def get(self, request: Request, feed_slug: str) -> Response:
        """How far it is read."""
        return Response(shapes.FeedSerializer(feed_by_slug(feed_slug, caller(request))).data)

    @extend_schema(request=shapes.FeedChangeSerializer, responses={**DETAIL, **problems(404, 422)})
    def put(self, request: Request, feed_slug: str) -> Response:
        """Change it; another address begins at its beginning."""
        row = feed_by_slug(feed_slug, caller(request))
        said = valid(shapes.FeedChangeSerializer(data=request.data))
        row = save_feed(actor=caller(request), said=FeedText(**said), feed=row)
        return Response(shapes.FeedSerializer(row).data)


class FeedEventsView(Endpoint):
    """Events of a MISP feed."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(responses={200: shapes.FeedEventsSerializer, **problems(404)})
    def get(self, request: Request, feed_slug: str) -> Response:
        """How many there are, and which were not kept; of a TAXII feed none."""
        row = feed_by_slug(feed_slug, caller(request))
        return Response(shapes.FeedEventsSerializer(events_of(row, caller(request))).data)


class FeedReadView(Endpoint):
    """Reads a feed."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses={202: shapes.FeedSerializer, **problems(404, 409)})
    def post(self, request: Request, feed_slug: str) -> Response:
        """Now, also when it was paused; a worker does it."""
        row = feed_by_slug(feed_slug, caller(request))
        row = resume_feed(actor=caller(request), feed=row)
        return Response(shapes.FeedSerializer(row).data, status=202)


class FeedAcceptView(Endpoint):
    """Accepts what waits of a feed."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses={200: shapes.AcceptedSerializer, **problems(404)})
    def post(self, request: Request, feed_slug: str) -> Response:
        """All of it; its new values stand on the watch list then."""
        row = feed_by_slug(feed_slug, caller(request))
        return Response({"accepted": accept_feed(actor=caller(request), feed=row)})


class CircleInboxView(Endpoint):
    """Who may post to a circle."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(responses={200: shapes.InboxSerializer, **problems(404)})
    def get(self, request: Request, circle_slug: str) -> Response:
        """404 while nobody has said it: nobody writes."""
        row = inbox_of(circle_by_slug(circle_slug, caller(request)), caller(request))
        if row is None:
            message = "Nobody may post to this circle."
            raise NotFoundError(message)
        return Response(shapes.InboxSerializer(row).data)

    @extend_schema(
        request=shapes.InboxSerializer,
        responses={200: shapes.InboxSerializer, **problems(404, 422)},
    )
    def put(self, request: Request, circle_slug: str) -> Response:
        """It counts from the next post on."""
        circle = circle_by_slug(circle_slug, caller(request))
        said = valid(shapes.InboxSerializer(data=request.data))
        row = set_inbox(actor=caller(request), circle=circle, **said)
        return Response(shapes.InboxSerializer(row).data)


class ImportedObjectsView(ListModelMixin, ListEndpoint):
    """What others shared."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = shapes.ImportedObjectSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[ImportedObject]:
        """What the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return ImportedObject.objects.none()
        rows = imported_objects_for(self.viewer)
        for name in ("source", "type"):
            if said := self.request.query_params.get(name, "").replace("\0", ""):
                rows = rows.filter(**{name: said})
        return rows

    @extend_schema(
        operation_id="imported_objects_list",
        parameters=[OpenApiParameter("source"), OpenApiParameter("type")],
        responses={200: shapes.ImportedObjectSerializer, **problems(404)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="imported_objects_read",
        request=shapes.BundleSerializer,
        responses={201: shapes.TakenSerializer, **problems(404, 422)},
    )
    def post(self, request: Request) -> Response:
        """Reads a bundle; what becomes of each object is told."""
        said = valid(shapes.BundleSerializer(data=request.data))
        slug = said.pop("partner")
        partner = partner_by_slug(slug, caller(request)) if slug else None
        raw = json.dumps(said.pop("bundle")).encode()
        done, worth = read_bundle(
            actor=caller(request), raw=raw, terms=BatchTerms(**said), partner=partner
        )
        told = {"signature": worth, "outcomes": done.outcomes, "refused": done.refused}
        return Response(told, status=201)


class ImportedObjectView(Endpoint):
    """One object of others."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(responses={200: shapes.ImportedDetailSerializer, **problems(404)})
    def get(self, request: Request, imported_id: int) -> Response:
        """As it came."""
        row = imported_by_id(imported_id, caller(request))
        return Response(shapes.ImportedDetailSerializer(row).data)
