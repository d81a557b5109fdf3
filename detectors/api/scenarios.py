"""Cases as tests over REST: list them, run them, take them along as files, end them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.models import Expectation, Scenario
from detectors.reasons import REASON_CHARS
from detectors.selectors.scenario import expectations_for, scenario_by_id, scenarios_for
from detectors.services.scenario import erase_account, erase_scenario, export_scenario
from detectors.services.scenario_run import run_scenario


class ExpectationSerializer(serializers.ModelSerializer[Expectation]):
    """What one detector must find, and what came of it the last time it was run."""

    expected = serializers.SerializerMethodField(help_text="accounts that it has to name")

    class Meta:
        model = Expectation
        fields = (
            "detector", "version", "params", "expected", "found", "holds", "sentence", "error",
            "ran_version", "ran_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_expected(self, row: Expectation) -> int:
        """How many; who they are stands in the file."""
        return len(row.accounts)


class ScenarioSerializer(serializers.ModelSerializer[Scenario]):
    """A case kept as a test. failing: detectors that lost it. erased_at: its copies are gone."""

    case = serializers.CharField(source="origin", read_only=True)
    failing = serializers.IntegerField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    erased_by = serializers.CharField(source="erased_by.username", default=None, read_only=True)

    class Meta:
        model = Scenario
        fields: tuple[str, ...] = (
            "id", "case", "reason", "signals", "size", "failing", "left_out", "kept_until",
            "created_by", "created_at", "erased_at", "erased_by", "erase_reason",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields


class ScenarioDetailSerializer(ScenarioSerializer):
    expected = ExpectationSerializer(many=True, read_only=True)

    class Meta(ScenarioSerializer.Meta):
        fields = (*ScenarioSerializer.Meta.fields, "expected")
        read_only_fields = fields


class WhySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=REASON_CHARS)


class AccountErasureSerializer(WhySerializer):
    """account: as platform:name."""

    account = serializers.CharField(max_length=242)


class ErasedFromSerializer(serializers.Serializer[Any]):
    """tests: how many it was taken out of."""

    tests = serializers.IntegerField()


@extend_schema_view(get=extend_schema(responses={200: ScenarioSerializer, **problems(400)}))
class ScenariosView(ListModelMixin, ListEndpoint):
    """Cases that were saved as tests, newest first; `POST /cases/<ref>/test/` saves one."""

    scopes: ClassVar = {"GET": Scope.READ}
    queryset = Scenario.objects.none()
    serializer_class = ScenarioSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Scenario]:
        """What the caller may see."""
        return scenarios_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Tests, newest first."""
        return self.list(request)


@extend_schema_view(
    get=extend_schema(responses={200: ScenarioDetailSerializer, **problems(404)}),
    delete=extend_schema(
        request=WhySerializer,
        responses={200: ScenarioDetailSerializer, **problems(400, 403, 404, 409, 422)},
    ),
)
class ScenarioView(Endpoint):
    """One test; DELETE erases its copies."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}

    def get(self, request: Request, scenario_id: int) -> Response:
        """What must be found in it, and whether it is."""
        return Response(_told(request, scenario_id))

    def delete(self, request: Request, scenario_id: int) -> Response:
        """Erase the copies, with a reason."""
        scenario = scenario_by_id(scenario_id, caller(request))
        form = WhySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        erase_scenario(actor=caller(request), scenario=scenario, **form.validated_data)
        return Response(_told(request, scenario_id))


@extend_schema_view(
    post=extend_schema(
        request=None, responses={200: ScenarioDetailSerializer, **problems(403, 404)}
    )
)
class ScenarioRunView(Endpoint):
    """Runs one test."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, scenario_id: int) -> Response:
        """With the settings in force."""
        scenario = scenario_by_id(scenario_id, caller(request))
        run_scenario(actor=caller(request), scenario=scenario)
        return Response(_told(request, scenario_id))


@extend_schema_view(
    post=extend_schema(
        request=None,
        responses={
            (200, "application/x-ndjson"): OpenApiResponse(OpenApiTypes.BINARY),
            **problems(403, 404),
        },
    )
)
class ScenarioFileView(Endpoint):
    """One test as a file."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, scenario_id: int) -> HttpResponse:
        """NDJSON for `manage.py detectors test`; a POST, since the audit keeps who took it."""
        scenario = scenario_by_id(scenario_id, caller(request))
        body = export_scenario(actor=caller(request), scenario=scenario)
        return HttpResponse(body, content_type="application/x-ndjson")


@extend_schema_view(
    post=extend_schema(
        request=AccountErasureSerializer,
        responses={200: ErasedFromSerializer, **problems(400, 403, 422)},
    )
)
class AccountErasureView(Endpoint):
    """Takes one account out of all tests."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request) -> Response:
        """Its signals and its name; what others wrote stays."""
        form = AccountErasureSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        touched = erase_account(actor=caller(request), **form.validated_data)
        return Response(ErasedFromSerializer({"tests": touched}).data)


def _told(request: Request, scenario_id: int) -> Any:
    viewer = caller(request)
    scenario = scenario_by_id(scenario_id, viewer)
    expected = expectations_for(viewer).filter(scenario=scenario)
    return {
        **ScenarioSerializer(scenario).data,
        "expected": ExpectationSerializer(expected, many=True).data,
    }
