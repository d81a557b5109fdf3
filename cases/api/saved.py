"""Saved views over REST: the same as in the rail, with the same counts."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import saved
from abusedesk.core.models import Scope
from abusedesk.core.query import MAX_CHARS
from abusedesk.core.rest import Endpoint, caller, problems
from cases.selectors.view import counted_views_for


class ViewSerializer(serializers.Serializer[object]):
    """A saved view. count: of the caller's own cases; 10,001 says that there are more.

    No count: the list has none, or counting takes too long for a rail.
    """

    id = serializers.IntegerField(source="view.pk")
    name = serializers.CharField(source="view.name")
    owner = serializers.CharField(source="view.owner.username")
    page = serializers.ChoiceField(source="view.page", choices=list(saved.PAGES))
    at = serializers.CharField(source="view.at")
    tab = serializers.CharField(source="view.tab")
    query = serializers.CharField(source="view.query")
    shared = serializers.BooleanField(source="view.shared")
    count = serializers.IntegerField(source="total", allow_null=True)
    href = serializers.CharField()


class NewViewSerializer(serializers.Serializer[object]):
    """A view to save. at: slug of a queue, for views of one. tab: a state, or `regressed`."""

    page = serializers.ChoiceField(choices=list(saved.PAGES))
    name = serializers.CharField(max_length=saved.MAX_NAME)
    query = serializers.CharField(max_length=MAX_CHARS, allow_blank=True)
    shared = serializers.BooleanField(default=False)
    at = serializers.CharField(max_length=saved.MAX_SLUG, default="", allow_blank=True)
    tab = serializers.CharField(max_length=saved.MAX_TAB, default="", allow_blank=True)


class ViewsView(Endpoint):
    """Saved views."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(
        operation_id="views_list", responses={200: ViewSerializer(many=True), **problems()}
    )
    def get(self, request: Request) -> Response:
        """Own ones and those of the team, by name, each with its count."""
        rows = counted_views_for(caller(request))
        return Response(ViewSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="views_save",
        request=NewViewSerializer,
        responses={201: ViewSerializer, **problems(400, 404, 422)},
    )
    def post(self, request: Request) -> Response:
        """Keep a query under a name; the same name again changes what it means."""
        form = NewViewSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said: dict[str, Any] = form.validated_data
        view = saved.save_view(actor=caller(request), **said)
        (shown,) = counted_views_for(caller(request), [view])
        return Response(ViewSerializer(shown).data, status=201)


class ViewView(Endpoint):
    """One saved view."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.REVIEW}

    @extend_schema(operation_id="views_get", responses={200: ViewSerializer, **problems(404)})
    def get(self, request: Request, view_id: int) -> Response:
        """Its filters and its count."""
        view = saved.view_by_id(view_id, caller(request))
        (shown,) = counted_views_for(caller(request), [view])
        return Response(ViewSerializer(shown).data)

    @extend_schema(operation_id="views_delete", responses={204: None, **problems(403, 404)})
    def delete(self, request: Request, view_id: int) -> Response:
        """One's own; a lead also deletes what is shared."""
        view = saved.view_by_id(view_id, caller(request))
        saved.delete_view(actor=caller(request), view=view)
        return Response(status=204)
