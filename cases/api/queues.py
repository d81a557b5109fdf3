"""Queues, routing rules, shifts and assignment over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import Scope, User
from abusedesk.core.rest import Endpoint, caller, problems
from cases import policy
from cases.api.queue_shapes import (
    AssignSerializer,
    MoveSerializer,
    OrderSerializer,
    QueueChangeSerializer,
    QueueCountSerializer,
    QueueSerializer,
    RouteSerializer,
    ShiftSerializer,
    SnoozeSerializer,
    TrialRequestSerializer,
    TrialSerializer,
)
from cases.api.serializers import CaseRowSerializer
from cases.models import Queue, RoutingRule
from cases.routing import read_rule
from cases.selectors.case import case_by_ref, queue_counts
from cases.selectors.queue import (
    people_for,
    queue_by_slug,
    routing_rule_by_id,
    routing_rules_for,
    trial_for,
)
from cases.services.assignment import assign_case, move_case, save_shift
from cases.services.case import snooze_case
from cases.services.queue import save_queue
from cases.services.routing import delete_rule, order_rules, save_rule


@extend_schema_view(
    get=extend_schema(
        operation_id="queues_list",
        responses={200: QueueCountSerializer(many=True), **problems()},
    ),
    post=extend_schema(
        operation_id="queues_create",
        request=QueueSerializer,
        responses={201: QueueSerializer, **problems(422)},
    ),
)
class QueuesView(Endpoint):
    """Queues that the caller may see."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    def get(self, request: Request) -> Response:
        """Queues in their order, with what waits in them."""
        return Response(QueueCountSerializer(queue_counts(caller(request)), many=True).data)

    def post(self, request: Request) -> Response:
        """Make a queue."""
        policy.require(caller(request), "queue.save")
        said = _valid(QueueSerializer(data=request.data))
        return Response(QueueSerializer(_save(request, None, said)).data, status=201)


class QueueView(Endpoint):
    """One queue."""

    scopes: ClassVar = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(operation_id="queue", responses={200: QueueSerializer, **problems(404)})
    def get(self, request: Request, slug: str) -> Response:
        """Its settings."""
        return Response(QueueSerializer(queue_by_slug(slug, caller(request))).data)

    @extend_schema(
        operation_id="queue_change",
        request=QueueChangeSerializer,
        responses={200: QueueSerializer, **problems(404, 422)},
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change what is named; the rest stays."""
        queue = queue_by_slug(slug, caller(request))
        policy.require(caller(request), "queue.save")
        said = _valid(QueueChangeSerializer(data=request.data, partial=True))
        return Response(QueueSerializer(_save(request, queue, said)).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="routing_rules_list",
        responses={200: RouteSerializer(many=True), **problems()},
    ),
    post=extend_schema(
        operation_id="routing_rules_create",
        request=RouteSerializer,
        responses={201: RouteSerializer, **problems(422)},
    ),
)
class RoutesView(Endpoint):
    """Rules that put new cases into queues; the first that matches counts."""

    scopes: ClassVar = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}

    def get(self, request: Request) -> Response:
        """Rules in their order."""
        policy.require(caller(request), "routing.save")
        return Response(RouteSerializer(routing_rules_for(caller(request)), many=True).data)

    def post(self, request: Request) -> Response:
        """Make a rule, at the end of the order."""
        policy.require(caller(request), "routing.save")
        said = _valid(RouteSerializer(data=request.data))
        rule = save_rule(actor=caller(request), **_routed(said, request))
        return Response(RouteSerializer(rule).data, status=201)


class RouteView(Endpoint):
    """One rule."""

    scopes: ClassVar = {"PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="routing_rule_change",
        request=RouteSerializer,
        responses={200: RouteSerializer, **problems(404, 422)},
    )
    def put(self, request: Request, route_id: int) -> Response:
        """Change a rule; cases that are open stay where they are."""
        rule = _rule(request, route_id)
        said = _valid(RouteSerializer(data=request.data))
        rule = save_rule(actor=caller(request), rule=rule, **_routed(said, request))
        return Response(RouteSerializer(rule).data)

    @extend_schema(
        operation_id="routing_rule_delete",
        request=None,
        responses={200: RouteSerializer, **problems(404)},
    )
    def delete(self, request: Request, route_id: int) -> Response:
        """Delete it; cases stay where they are."""
        rule = _rule(request, route_id)
        shown = RouteSerializer(rule).data
        delete_rule(actor=caller(request), rule=rule)
        return Response(shown)


class OrderView(Endpoint):
    """The order of the rules."""

    scopes: ClassVar = {"PUT": Scope.ADMIN}

    @extend_schema(
        operation_id="routing_rules_order",
        request=OrderSerializer,
        responses={200: RouteSerializer(many=True), **problems(422)},
    )
    def put(self, request: Request) -> Response:
        """Ids of all rules, in the order that they shall have."""
        policy.require(caller(request), "routing.save")
        said = _valid(OrderSerializer(data=request.data))
        order_rules(actor=caller(request), rule_ids=said["order"])
        return Response(RouteSerializer(routing_rules_for(caller(request)), many=True).data)


class TrialView(Endpoint):
    """Tries a rule before it counts."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="routing_rules_try",
        request=TrialRequestSerializer,
        responses={200: TrialSerializer, **problems(404, 422)},
    )
    def post(self, request: Request) -> Response:
        """What it would have done with the last cases; nothing is changed."""
        policy.require(caller(request), "routing.save")
        said = _valid(TrialRequestSerializer(data=request.data))
        instead = _rule(request, said["instead_of"]) if said.get("instead_of") else None
        query = read_rule(said["query"])
        trial = trial_for(caller(request), query, instead_of=instead, last=said["last"])
        return Response(TrialSerializer(trial).data)


class ShiftView(Endpoint):
    """When one person takes cases that the desk hands out."""

    scopes: ClassVar = {"PUT": Scope.ADMIN}

    @extend_schema(
        operation_id="shift_save",
        request=ShiftSerializer,
        responses={200: ShiftSerializer, **problems(404, 422)},
    )
    def put(self, request: Request, username: str) -> Response:
        """Save their days, hours, capacity and skills."""
        policy.require(caller(request), "shift.save")
        said = _valid(ShiftSerializer(data=request.data))
        name = username.replace("\x00", "")
        person = people_for(caller(request)).filter(username=name).first()
        if person is None:
            message = "There is no such person."
            raise NotFoundError(message)
        shift = save_shift(actor=caller(request), user=person, **said)
        return Response(ShiftSerializer(shift).data)


class AssignView(Endpoint):
    """Gives a case to one person."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_assign",
        request=AssignSerializer,
        responses={200: CaseRowSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Keep it for one person; null gives it back to the queue."""
        case = case_by_ref(ref, caller(request))
        policy.require(caller(request), "case.assign", case)
        name = _valid(AssignSerializer(data=request.data))["assignee"]
        person = User.objects.filter(username=name, is_active=True).first() if name else None
        if name and person is None:
            message = f"There is no {name}."
            raise InvalidError(message, field="assignee")
        case = assign_case(actor=caller(request), case=case, assignee=person)
        return Response(CaseRowSerializer(case).data)


class MoveView(Endpoint):
    """Puts a case into another queue."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_move",
        request=MoveSerializer,
        responses={200: CaseRowSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Move it; the due time follows the service level of the queue."""
        case = case_by_ref(ref, caller(request))
        policy.require(caller(request), "case.move", case)
        said = _valid(MoveSerializer(data=request.data))
        queue = policy.queues_of(caller(request)).filter(slug=said["queue"]).first()
        if queue is None:
            message = "There is no such queue."
            raise InvalidError(message, field="queue")
        case = move_case(actor=caller(request), case=case, queue=queue, reason=said["reason"])
        return Response(CaseRowSerializer(case).data)


class SnoozeView(Endpoint):
    """Puts a case away."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="cases_snooze",
        request=SnoozeSerializer,
        responses={200: CaseRowSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Until a time, at most 90 days; `until_escalates` brings it back earlier."""
        case = case_by_ref(ref, caller(request))
        said = _valid(SnoozeSerializer(data=request.data))
        case = snooze_case(actor=caller(request), case=case, **said)
        return Response(CaseRowSerializer(case).data)


def _save(request: Request, queue: Queue | None, said: dict[str, Any]) -> Queue:
    people = said.pop("people", None)
    if people is not None:
        found = list(User.objects.filter(username__in=people))
        unknown = sorted(set(people) - {one.username for one in found})
        if unknown:
            message = f"There is no {unknown[0]}."
            raise InvalidError(message, field="people")
        people = found
    return save_queue(actor=caller(request), queue=queue, people=people, **said)


def _rule(request: Request, route_id: int) -> RoutingRule:
    return routing_rule_by_id(route_id, caller(request))


def _routed(said: dict[str, Any], request: Request) -> dict[str, Any]:
    """The queue by its slug."""
    queue = policy.queues_of(caller(request)).filter(slug=said["queue"]["slug"]).first()
    if queue is None:
        message = "There is no such queue."
        raise InvalidError(message, field="queue")
    return {**said, "queue": queue}


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
