"""With whom the desk shares, over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.api import partner_shapes as shapes
from cases.selectors.partner import (
    circle_by_slug,
    circles_for,
    organisation_for,
    partner_by_slug,
    partners_for,
    reach_of,
)
from cases.services.circle import CircleText, renew_key, save_circle
from cases.services.organisation import save_organisation
from cases.services.partner import PartnerText, issue_partner_token, save_partner


class OrganisationView(Endpoint):
    """Whose desk this is."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(responses={200: shapes.OrganisationSerializer, **problems(404)})
    def get(self, request: Request) -> Response:
        """Name, identity and key."""
        row = organisation_for(caller(request))
        if row is None:
            message = "Nobody has said yet whose desk this is."
            raise NotFoundError(message)
        return Response(shapes.OrganisationSerializer(row).data)

    @extend_schema(
        request=shapes.OrganisationSerializer,
        responses={200: shapes.OrganisationSerializer, **problems(422)},
    )
    def put(self, request: Request) -> Response:
        """Name it; identity and key are made with the first name and stay."""
        said = valid(shapes.OrganisationSerializer(data=request.data))
        row = save_organisation(actor=caller(request), name=said["name"])
        return Response(shapes.OrganisationSerializer(row).data)


class PartnersView(Endpoint):
    """Partners."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="partners_list",
        responses={200: shapes.PartnerSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request) -> Response:
        """All, by name."""
        rows = partners_for(caller(request))
        return Response(shapes.PartnerSerializer(rows, many=True).data)

    @extend_schema(
        request=shapes.NewPartnerSerializer,
        responses={201: shapes.PartnerSerializer, **problems(409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Make one."""
        said = valid(shapes.NewPartnerSerializer(data=request.data))
        slug = said.pop("slug")
        row = save_partner(actor=caller(request), said=PartnerText(**said), slug=slug)
        return Response(shapes.PartnerSerializer(row).data, status=201)


class PartnerView(Endpoint):
    """One partner."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(responses={200: shapes.PartnerSerializer, **problems(404)})
    def get(self, request: Request, partner_slug: str) -> Response:
        """The agreement with it."""
        row = partner_by_slug(partner_slug, caller(request))
        return Response(shapes.PartnerSerializer(row).data)

    @extend_schema(
        request=shapes.PartnerChangeSerializer,
        responses={200: shapes.PartnerSerializer, **problems(404, 422)},
    )
    def put(self, request: Request, partner_slug: str) -> Response:
        """Change it; nothing is sent by that."""
        row = partner_by_slug(partner_slug, caller(request))
        said = valid(shapes.PartnerChangeSerializer(data=request.data))
        row = save_partner(actor=caller(request), said=PartnerText(**said), partner=row)
        return Response(shapes.PartnerSerializer(row).data)


class PartnerTokensView(Endpoint):
    """Tokens of a partner."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        request=shapes.PartnerTokenSerializer,
        responses={201: shapes.IssuedSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, partner_slug: str) -> Response:
        """A token with which the partner reads what is shared with it."""
        row = partner_by_slug(partner_slug, caller(request))
        said = valid(shapes.PartnerTokenSerializer(data=request.data))
        token, plain = issue_partner_token(actor=caller(request), partner=row, **said)
        told = {"token": plain, "expires_at": token.expires_at}
        return Response(shapes.IssuedSerializer(told).data, status=201)


class CirclesView(Endpoint):
    """Circles."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="circles_list",
        responses={200: shapes.CircleSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request) -> Response:
        """All, by name."""
        rows = circles_for(caller(request))
        return Response(shapes.CircleSerializer(rows, many=True).data)

    @extend_schema(
        request=shapes.NewCircleSerializer,
        responses={201: shapes.CircleDetailSerializer, **problems(409, 422)},
    )
    def post(self, request: Request) -> Response:
        """Make one with its first key."""
        said = valid(shapes.NewCircleSerializer(data=request.data))
        slug = said.pop("slug")
        save_circle(actor=caller(request), said=CircleText(**said), slug=slug)
        return _circle(request, slug, status=201)


class CircleView(Endpoint):
    """One circle."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(responses={200: shapes.CircleDetailSerializer, **problems(404)})
    def get(self, request: Request, circle_slug: str) -> Response:
        """What reaches whom, and why the rest does not."""
        return _circle(request, circle_slug)

    @extend_schema(
        request=shapes.CircleChangeSerializer,
        responses={200: shapes.CircleDetailSerializer, **problems(404, 422)},
    )
    def put(self, request: Request, circle_slug: str) -> Response:
        """Change it and who is in it."""
        row = circle_by_slug(circle_slug, caller(request))
        said = valid(shapes.CircleChangeSerializer(data=request.data))
        save_circle(actor=caller(request), said=CircleText(**said), circle=row)
        return _circle(request, circle_slug)


class CircleKeyView(Endpoint):
    """The key of a circle."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(request=None, responses={200: shapes.CircleDetailSerializer, **problems(404)})
    def post(self, request: Request, circle_slug: str) -> Response:
        """Begin the next epoch."""
        renew_key(actor=caller(request), circle=circle_by_slug(circle_slug, caller(request)))
        return _circle(request, circle_slug)


def valid(form: Any) -> dict[str, Any]:
    """What a good request says."""
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def _circle(request: Request, slug: str, status: int = 200) -> Response:
    row = circle_by_slug(slug, caller(request))
    told = {"reach": reach_of(row, caller(request))}
    return Response(shapes.CircleDetailSerializer(row, context=told).data, status=status)
