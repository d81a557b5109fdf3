"""The graph of a case over REST: what a node touches, and what people added."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.rest import problems
from cases.api import graph_shapes as shapes
from cases.api.content import OfCase
from cases.api.matching import IF_MATCH, matched
from cases.selectors.addition import addition_by_id, additions_of
from cases.selectors.reach import reach_for
from cases.services.addition import add_to_case, take_from_case
from detectors.models import Entity
from detectors.selectors.entity import entity_by_id, entity_by_value


class NodeView(OfCase):
    """One node of the graph."""

    @extend_schema(
        operation_id="cases_graph_node",
        responses={200: shapes.ReachSerializer, **problems(404)},
    )
    def get(self, request: Request, ref: str, entity_id: int) -> Response:
        """What an entity touches, with how many accounts share it and how many are in the case."""
        found = reach_for(self.seen(ref), int(entity_id), self.viewer)
        return Response(shapes.ReachSerializer(found).data)


class AdditionsView(OfCase):
    """Members and evidence by hand."""

    @extend_schema(
        operation_id="cases_additions",
        responses={200: shapes.AdditionSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request, ref: str) -> Response:
        """All that people added, oldest first."""
        rows = additions_of(self.seen(ref), self.viewer)
        return Response(shapes.AdditionSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="cases_additions_add",
        request=shapes.NewAdditionSerializer,
        parameters=[IF_MATCH],
        responses={201: shapes.AdditionSerializer, **problems(400, 404, 409, 412, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Add an account as a member, or anything else as evidence; a second time is the first."""
        with matched(request, ref, self.viewer) as case:
            form = shapes.NewAdditionSerializer(data=request.data)
            form.is_valid(raise_exception=True)
            said = form.validated_data
            entity = self._entity(said)
            row = add_to_case(actor=self.viewer, case=case, entity=entity, reason=said["reason"])
        return Response(shapes.AdditionSerializer(row).data, status=201)

    def _entity(self, said: dict[str, Any]) -> Entity:
        try:
            if "entity" in said:
                return entity_by_id(said["entity"], self.viewer)
            return entity_by_value(said["type"], said["value"], self.viewer)
        except NotFoundError as error:
            message = "No signal has mentioned this; the desk does not know it."
            raise InvalidError(message, field="entity" if "entity" in said else "value") from error


class AdditionView(OfCase):
    """One of them."""

    @extend_schema(
        operation_id="cases_additions_remove", responses={204: None, **problems(404, 409)}
    )
    def delete(self, request: Request, ref: str, addition_id: int) -> Response:
        """Take it off again; the timeline keeps both."""
        case = self.seen(ref)
        row = addition_by_id(int(addition_id), case, self.viewer)
        take_from_case(actor=self.viewer, case=case, addition=row)
        return Response(status=204)
