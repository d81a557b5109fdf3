"""The own tray over REST: the same things as on its page."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from abusedesk.core.rest import Endpoint, caller, problems
from cases.models import Case
from cases.selectors.tray import Named, common_of, named_for, tray_of
from cases.services.tray import MOST, put_in_tray, take_out_of_tray
from cases.tray import CASE, Line
from detectors.models import Entity


class TrayThingSerializer(serializers.Serializer[object]):
    """A case by its reference (`type` is `case`), or an entity by type and value in any way."""

    type = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=4_200)


class TrayThingsSerializer(serializers.Serializer[object]):
    """What is meant, at most 500 at once."""

    items = serializers.ListField(child=TrayThingSerializer(), max_length=MOST, allow_empty=False)


class TrayPutSerializer(serializers.Serializer[object]):
    """How many were new in the tray, and how many were there already."""

    added = serializers.IntegerField()
    known = serializers.IntegerField()


class TrayCommonSerializer(serializers.Serializer[object]):
    """An entity, and the things of the tray that touch it."""

    type = serializers.CharField()
    value = serializers.CharField()
    shared_by = TrayThingSerializer(many=True)


class TrayView(Endpoint):
    """What the caller put aside."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(
        operation_id="tray_list", responses={200: TrayThingSerializer(many=True), **problems()}
    )
    def get(self, request: Request) -> Response:
        """Cases first, then entities, each in the order in which they came."""
        found = tray_of(caller(request))
        return Response(_things(found.cases, found.entities))

    @extend_schema(
        operation_id="tray_put",
        request=TrayThingsSerializer,
        responses={200: TrayPutSerializer, **problems(400, 403, 422)},
    )
    def post(self, request: Request) -> Response:
        """Put things into it: all, or none when one of them is unknown or it would be too full."""
        named = _named(request)
        put = put_in_tray(actor=caller(request), cases=named.cases, entities=named.entities)
        return Response({"added": put.added, "known": put.known})


class TakeView(Endpoint):
    """What the caller no longer needs there."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="tray_take",
        request=TrayThingsSerializer,
        responses={204: None, **problems(400, 403, 422)},
    )
    def post(self, request: Request) -> Response:
        """Take things out of it; what is not in it stays so."""
        named = _named(request)
        take_out_of_tray(actor=caller(request), cases=named.cases, entities=named.entities)
        return Response(status=204)


class CommonView(Endpoint):
    """What several things of the tray share."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="tray_common", responses={200: TrayCommonSerializer(many=True), **problems()}
    )
    def get(self, request: Request) -> Response:
        """Entities that two of them or more touch, the most widely shared first, at most 50."""
        viewer = caller(request)
        rows = common_of(tray_of(viewer), viewer)
        return Response(
            [
                {
                    "type": one.entity.type,
                    "value": one.entity.value,
                    "shared_by": _things(one.cases, one.entities),
                }
                for one in rows
            ]
        )


def _things(cases: list[Case], entities: list[Entity]) -> list[dict[str, str]]:
    return [
        *({"type": CASE, "value": one.ref} for one in cases),
        *({"type": one.type, "value": one.value} for one in entities),
    ]


def _named(request: Request) -> Named:
    """Raises InvalidError that names the first thing which the caller cannot mean."""
    form = TrayThingsSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    said: dict[str, Any] = form.validated_data
    lines = [Line(place, one["type"], one["value"]) for place, one in enumerate(said["items"])]
    return _all_known(caller(request), lines)


def _all_known(viewer: User, lines: list[Line]) -> Named:
    named = named_for(viewer, lines)
    if named.unknown:
        place = named.unknown[0].number
        message = "Nothing that you may see has this type and value."
        raise InvalidError(message, field=f"items.{place}")
    return named
