"""Retention over REST: rules, plans and their purge, legal holds."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases import policy
from cases.api.retention_shapes import (
    ConfirmSerializer,
    HoldSerializer,
    PlanDetailSerializer,
    PlanSerializer,
    ReleaseSerializer,
    RuleSerializer,
)
from cases.services.hold import free_hold, save_hold
from cases.services.retention import begin_purge, end_purge, verify_purge
from detectors.models import Hold, PurgeRun, RetentionRule
from detectors.selectors.retention import (
    hold_by_id,
    holds_for,
    purge_by_id,
    purges_for,
    rule_by_id,
    rules_for,
    warnings_for,
)
from detectors.services.retention import end_rule, save_rule


@extend_schema_view(
    get=extend_schema(
        operation_id="retention_rules_list",
        responses={200: RuleSerializer(many=True), **problems()},
    ),
    post=extend_schema(
        operation_id="retention_rules_save",
        request=RuleSerializer,
        responses={201: RuleSerializer, **problems(422)},
    ),
)
class RulesView(Endpoint):
    """How long signals are kept; the most specific rule counts, without one they stay."""

    scopes: ClassVar = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}

    def get(self, request: Request) -> Response:
        """Rules in force."""
        policy.require(caller(request), "retention.view")
        return Response(_rules(request, list(rules_for(caller(request)))))

    def post(self, request: Request) -> Response:
        """Put a rule into force; one for the same source and kind gives way to it."""
        policy.require(caller(request), "retention.save")
        said = _valid(RuleSerializer(data=request.data))
        rule = save_rule(
            actor=caller(request),
            source=said.get("source"),
            kind=said.get("kind", ""),
            days=said.get("days"),
        )
        return Response(_rules(request, [rule])[0], status=201)


class RuleView(Endpoint):
    """One rule in force."""

    scopes: ClassVar = {"DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="retention_rules_end",
        request=None,
        responses={200: RuleSerializer, **problems(404)},
    )
    def delete(self, request: Request, rule_id: int) -> Response:
        """Take it out of force; it stays in the history."""
        policy.require(caller(request), "retention.save")
        rule = rule_by_id(rule_id, caller(request))
        end_rule(actor=caller(request), rule=rule)
        return Response(_rules(request, [rule])[0])


@extend_schema_view(
    get=extend_schema(
        operation_id="retention_plans_list", responses={200: PlanSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="retention_verify",
        request=None,
        responses={201: PlanDetailSerializer, **problems()},
    ),
)
class PlansView(ListModelMixin, ListEndpoint):
    """What was verified and purged."""

    scopes: ClassVar = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    serializer_class = PlanSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[PurgeRun]:
        """What the caller may see."""
        return purges_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Plans and purges, newest first."""
        policy.require(caller(request), "retention.view")
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Count what a purge would take; ask again while the state is `counting`."""
        run = verify_purge(actor=caller(request))
        return Response(PlanDetailSerializer(run).data, status=201)


class PlanView(Endpoint):
    """One plan with its counts."""

    scopes: ClassVar = {"GET": Scope.ADMIN}

    @extend_schema(
        operation_id="retention_plan", responses={200: PlanDetailSerializer, **problems(404)}
    )
    def get(self, request: Request, run_id: int) -> Response:
        """Counts by month, source and kind, and how far the purge is."""
        return Response(PlanDetailSerializer(purge_by_id(run_id, caller(request))).data)


class PurgeView(Endpoint):
    """Deletes what was verified."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="retention_purge",
        request=ConfirmSerializer,
        responses={202: PlanDetailSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, run_id: int) -> Response:
        """Start; `signals` must be the number that was verified. A worker does it."""
        run = purge_by_id(run_id, caller(request))
        said = _valid(ConfirmSerializer(data=request.data))
        run = begin_purge(actor=caller(request), run=run, signals=said["signals"])
        return Response(PlanDetailSerializer(run).data, status=202)


class StopView(Endpoint):
    """Stops a purge that runs."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="retention_stop",
        request=None,
        responses={200: PlanDetailSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, run_id: int) -> Response:
        """Stop between two steps; the counts say what is gone."""
        run = end_purge(actor=caller(request), run=purge_by_id(run_id, caller(request)))
        return Response(PlanDetailSerializer(run).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="retention_holds_list", responses={200: HoldSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="retention_holds_place",
        request=HoldSerializer,
        responses={201: HoldSerializer, **problems(404, 409, 422)},
    ),
)
class HoldsView(ListModelMixin, ListEndpoint):
    """What no purge takes."""

    scopes: ClassVar = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}
    serializer_class = HoldSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Hold]:
        """What the caller may see."""
        return holds_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Legal holds, newest first."""
        policy.require(caller(request), "hold.save")
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Hold a source (its slug), an account (platform:name) or a case (AD-12)."""
        said = _valid(HoldSerializer(data=request.data))
        hold = save_hold(actor=caller(request), **said)
        return Response(HoldSerializer(hold).data, status=201)


class ReleaseView(Endpoint):
    """Ends a legal hold."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="retention_holds_release",
        request=ReleaseSerializer,
        responses={200: HoldSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, hold_id: int) -> Response:
        """Release it, with a reason."""
        hold = hold_by_id(hold_id, caller(request))
        said = _valid(ReleaseSerializer(data=request.data))
        released = free_hold(actor=caller(request), hold=hold, reason=said["reason"])
        return Response(HoldSerializer(released).data)


def _rules(request: Request, rules: list[RetentionRule]) -> Any:
    warnings = warnings_for(caller(request))
    return RuleSerializer(rules, many=True, context={"warnings": warnings}).data


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
