"""A confirmed case becomes a test, over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from cases.selectors.case import case_by_ref
from cases.services.case_test import save_case_as_test
from detectors.api.scenarios import ScenarioSerializer
from detectors.reasons import REASON_CHARS
from detectors.selectors.scenario import scenario_by_id
from detectors.services.scenario import DAYS, MAX_DAYS


class SaveTestSerializer(serializers.Serializer[Any]):
    """days: how long the copies are kept."""

    reason = serializers.CharField(max_length=REASON_CHARS)
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=DAYS)


@extend_schema_view(
    post=extend_schema(
        request=SaveTestSerializer,
        responses={201: ScenarioSerializer, **problems(400, 403, 404, 409, 422)},
    )
)
class CaseTestView(Endpoint):
    """Saves a case as a test of the detectors that found it."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    def post(self, request: Request, ref: str) -> Response:
        """Copy the signals behind a case that was closed as confirmed."""
        case = case_by_ref(ref, caller(request))
        form = SaveTestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = save_case_as_test(actor=caller(request), case=case, **form.validated_data)
        return Response(
            ScenarioSerializer(scenario_by_id(made.pk, caller(request))).data, status=201
        )
