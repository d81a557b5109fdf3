"""The search in everything, over REST."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.search.words import words_in
from cases.selectors.found import hits_by_words


class PieceSerializer(serializers.Serializer[object]):
    """A stretch of text, defanged. found: it is what was looked for."""

    text = serializers.CharField()
    found = serializers.BooleanField()


class HitSerializer(serializers.Serializer[object]):
    """One place. about: reference of the case, or kind and id of the signal."""

    about = serializers.CharField()
    href = serializers.CharField()
    at = serializers.DateTimeField()
    who = serializers.CharField()
    place = PieceSerializer(many=True)


class HitsSerializer(serializers.Serializer[object]):
    """Places of one kind, newest first, at most 20. gave_up: the words are too frequent here."""

    kind = serializers.CharField()
    title = serializers.CharField()
    hits = HitSerializer(many=True)
    more = serializers.BooleanField()
    gave_up = serializers.BooleanField()


class SearchView(Endpoint):
    """Everything that people and the desk wrote."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="search",
        parameters=[
            OpenApiParameter(
                "q",
                required=True,
                description='Words and `"exact words"`, all of which must be there',
            )
        ],
        responses={200: HitsSerializer(many=True), **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Places in which all the words stand, as far as the caller may see them."""
        words = words_in(request.query_params.get("q", ""))
        kinds = hits_by_words(words, caller(request))
        return Response(HitsSerializer(kinds, many=True).data)
