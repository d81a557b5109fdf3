"""Next, the own exposure budget, breaks, and the budgets of a team over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Scope, User
from abusedesk.core.rest import Endpoint, caller, problems
from cases import policy, queue
from cases.api.matching import tagged
from cases.api.serializers import ClaimSerializer
from cases.budget import Budget
from cases.exposure import budget_of, lighter_queues
from cases.models import Break
from cases.selectors.exposure import BREAKS, breaks_for, budgets_for
from cases.selectors.queue import people_for, queue_by_slug
from cases.services.exposure import begin_break, extend_budget, resume


class BudgetSerializer(serializers.Serializer[Any]):
    """Points of the shift that runs. lighter: queues without disturbing cases, once it `stops`.

    disturbing: items since the last break; `break_after` of them make one due.
    """

    spent = serializers.IntegerField()
    limit = serializers.IntegerField()
    warned = serializers.BooleanField()
    over = serializers.BooleanField()
    disturbing = serializers.IntegerField()
    break_after = serializers.IntegerField()
    break_due = serializers.BooleanField()
    break_until = serializers.DateTimeField(allow_null=True)
    stops = serializers.BooleanField()
    lighter = serializers.SerializerMethodField()

    def get_lighter(self, _: Budget) -> list[str]:
        """Slugs; empty while there is no need to look for them."""
        return list(self.context["lighter"])


class TeamBudgetSerializer(serializers.Serializer[Any]):
    """Points of one person, and nothing of what they read or when they rested."""

    username = serializers.CharField()
    spent = serializers.IntegerField()
    limit = serializers.IntegerField()


class ExtensionSerializer(serializers.Serializer[Any]):
    """Points to add to the shift of one person, and why."""

    username = serializers.CharField(max_length=150)
    points = serializers.IntegerField()
    reason = serializers.CharField(max_length=500)


class BreakSerializer(serializers.ModelSerializer[Break]):
    """A break. resumed_at: null for one that lasted to its end, or runs."""

    class Meta:
        model = Break
        fields = ["began_at", "ends_at", "resumed_at"]
        read_only_fields = fields


class NextView(Endpoint):
    """Claims what is to be done next."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="queues_next",
        request=None,
        responses={200: ClaimSerializer, 204: None, **problems(404, 409)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Claim the most urgent free case; 204 when there is none.

        409 `budget_spent` and `break_due` name lighter queues under `meta.lighter`, if there are.
        """
        found = queue_by_slug(slug, caller(request))
        case = queue.claim_next(actor=caller(request), queue=found)
        if case is None:
            return Response(status=204)
        return tagged(ClaimSerializer(case).data, case.version)


class OwnBudgetView(Endpoint):
    """What the caller has seen, and may see."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(operation_id="budget", responses={200: BudgetSerializer, **problems(403)})
    def get(self, request: Request) -> Response:
        """Points of the caller."""
        person = caller(request)
        policy.require(person, "break.own")
        budget = budget_of(person)
        lighter = lighter_queues(person).values_list("slug", flat=True) if budget.stops else []
        shown = BudgetSerializer(budget, context={"lighter": list(lighter)})
        return Response(shown.data)


@extend_schema_view(
    get=extend_schema(
        operation_id="breaks_list", responses={200: BreakSerializer(many=True), **problems(403)}
    ),
    post=extend_schema(
        operation_id="breaks_begin",
        request=None,
        responses={201: BreakSerializer, **problems(403)},
    ),
)
class BreaksView(Endpoint):
    """Breaks of the caller; nobody else can read them."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    def get(self, request: Request) -> Response:
        """The newest, at most 50."""
        policy.require(caller(request), "break.own")
        rows = breaks_for(caller(request))[:BREAKS]
        return Response(BreakSerializer(rows, many=True).data)

    def post(self, request: Request) -> Response:
        """Begin a break, or go on with the one that runs."""
        return Response(BreakSerializer(begin_break(actor=caller(request))).data, status=201)


class ResumeView(Endpoint):
    """Ends a break before its time."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="breaks_resume", request=None, responses={204: None, **problems(403)}
    )
    def post(self, request: Request) -> Response:
        """Go on working; nothing changes without a break that runs."""
        resume(actor=caller(request))
        return Response(status=204)


@extend_schema_view(
    get=extend_schema(
        operation_id="budgets_list",
        responses={200: TeamBudgetSerializer(many=True), **problems(403)},
    ),
    post=extend_schema(
        operation_id="budgets_extend",
        request=ExtensionSerializer,
        responses={200: TeamBudgetSerializer, **problems(403, 404, 422)},
    ),
)
class BudgetsView(Endpoint):
    """Budgets of everybody who reviews, for leads."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    def get(self, request: Request) -> Response:
        """Points by name."""
        policy.require(caller(request), "exposure.extend")
        rows = [_told(*one) for one in budgets_for(caller(request))]
        return Response(TeamBudgetSerializer(rows, many=True).data)

    def post(self, request: Request) -> Response:
        """Add points to the shift of somebody else."""
        policy.require(caller(request), "exposure.extend")
        form = ExtensionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        person = people_for(caller(request)).filter(username=said["username"]).first()
        if person is None:
            message = "There is no such person."
            raise NotFoundError(message)
        extend_budget(
            actor=caller(request), person=person, points=said["points"], reason=said["reason"]
        )
        return Response(TeamBudgetSerializer(_told(person, budget_of(person))).data)


def _told(person: User, budget: Budget) -> dict[str, Any]:
    return {"username": person.username, "spent": budget.spent, "limit": budget.limit}
