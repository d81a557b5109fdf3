"""The inbox over REST, and whom a note can name."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.models import Notice
from cases.selectors.case import case_by_ref
from cases.selectors.notice import NOTICES, colleagues_of, inbox_for, notices_for
from cases.services.notice import read_notices

COLLEAGUES = 200


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """One event of a case, or of a detector.

    what: the kind in words. note: id of the note that names the caller.
    """

    case = serializers.CharField(source="case.ref", default=None, read_only=True)
    what = serializers.CharField(source="get_kind_display")
    actor = serializers.StringRelatedField[Notice]()
    note = serializers.IntegerField(source="note_id", allow_null=True)

    class Meta:
        model = Notice
        fields = [
            "id",
            "case",
            "detector",
            "kind",
            "what",
            "actor",
            "note",
            "created_at",
            "read_at",
        ]
        read_only_fields = fields


class ReadSerializer(serializers.Serializer[object]):
    """Which notices are read; all when it is left out."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=200,
        required=False,
    )


class ReadCountSerializer(serializers.Serializer[object]):
    """How many were not read before."""

    read = serializers.IntegerField()


class ColleagueSerializer(serializers.Serializer[object]):
    """A person whom a note can name."""

    username = serializers.CharField()
    role = serializers.CharField()


class NoticesView(Endpoint):
    """What the caller was told."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="notices_list",
        parameters=[OpenApiParameter("all", bool, description="Also those that were read")],
        responses={200: NoticeSerializer(many=True), **problems()},
    )
    def get(self, request: Request) -> Response:
        """The newest that were not read, at most 20; references and events, never evidence."""
        everything = request.query_params.get("all") == "true"
        rows = (inbox_for if everything else notices_for)(caller(request))[:NOTICES]
        return Response(NoticeSerializer(rows, many=True).data)


class NoticesReadView(Endpoint):
    """Marks notices as read."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="notices_read",
        request=ReadSerializer,
        responses={200: ReadCountSerializer, **problems(400)},
    )
    def post(self, request: Request) -> Response:
        """One's own: those with these ids, or all."""
        form = ReadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said: dict[str, Any] = form.validated_data
        read = read_notices(actor=caller(request), ids=said.get("ids"))
        return Response({"read": read})


class ColleaguesView(Endpoint):
    """Whom a note on a case can name."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="cases_people",
        parameters=[OpenApiParameter("begins", description="First letters of the user name")],
        responses={200: ColleagueSerializer(many=True), **problems(404)},
    )
    def get(self, request: Request, ref: str) -> Response:
        """People for whom the case exists, by name; at most 200."""
        case = case_by_ref(ref, caller(request))
        begins = request.query_params.get("begins", "")
        people = colleagues_of(case, caller(request), begins)[:COLLEAGUES]
        return Response(ColleagueSerializer(people, many=True).data)
