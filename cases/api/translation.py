"""Evidence in the language of the desk over REST, where it has a translation service."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import translating
from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.selectors.case import case_by_ref
from cases.services.translation import translate_evidence, translate_signal


class TranslationSerializer(serializers.Serializer[Any]):
    """What the service made of the text: as hostile as the text itself, and not stored.

    language: the one it took the text for; may be empty.
    """

    text = serializers.CharField()
    language = serializers.CharField(source="source")
    target = serializers.CharField()


class CaseTranslationView(Endpoint):
    """The text of one signal of a case in the language of the desk."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_translate",
        request=None,
        responses={200: TranslationSerializer, **problems(404, 409, 422, 502)},
    )
    def post(self, request: Request, ref: str, signal_id: int) -> Response:
        """404 without a service; 409 while it is covered for the caller, who did not peek yet."""
        translating.require_on()
        case = case_by_ref(ref, caller(request))
        said = translate_evidence(actor=caller(request), case=case, signal_id=signal_id)
        return Response(TranslationSerializer(said).data)


class SignalTranslationView(Endpoint):
    """The text of one signal in the language of the desk."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="signals_translate",
        request=None,
        responses={200: TranslationSerializer, **problems(404, 409, 422, 502)},
    )
    def post(self, request: Request, signal_id: int) -> Response:
        """404 without a service; 409 while it is covered for the caller, who did not peek yet."""
        said = translate_signal(actor=caller(request), signal_id=signal_id)
        return Response(TranslationSerializer(said).data)
