"""Policies, decisions, second looks, appeals and strikes over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases import policy
from cases.api import quality_shapes as shapes
from cases.api.serializers import DecisionSerializer, OpinionSerializer
from cases.api.terms import take_terms
from cases.choices import AppealState
from cases.models import Appeal, Decision, PolicyVersion, SecondReview
from cases.selectors.appeal import appeal_by_id, appeals_for
from cases.selectors.decision import appealable_by_id, decision_by_id, decisions_for
from cases.selectors.policy import policies_for, policy_by_slug
from cases.selectors.review import review_by_id, reviews_for
from cases.selectors.strike import standings_of
from cases.services.appeal import open_appeal, rule_appeal
from cases.services.policy import PolicyText, save_policy
from cases.services.reversal import reverse_decision
from cases.services.review import give_opinion, settle_review


@extend_schema_view(
    get=extend_schema(
        operation_id="policies_list",
        responses={200: shapes.PolicySerializer(many=True), **problems()},
    ),
    post=extend_schema(
        operation_id="policies_save",
        request=shapes.PolicyTextSerializer,
        responses={201: shapes.PolicySerializer, **problems(409, 422)},
    ),
)
class PoliciesView(ListModelMixin, ListEndpoint):
    """What is forbidden, and how decisions under it are treated."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = shapes.PolicySerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[PolicyVersion]:
        """What the caller may see."""
        return policies_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Versions in force, the last saved first."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Put the next version into force; decisions keep the one they were made under."""
        policy.require(caller(request), "policy.save")
        said = _valid(shapes.PolicyTextSerializer(data=request.data))
        named = {name: said.pop(name) for name in ("slug", "reason", "based_on")}
        row = save_policy(actor=caller(request), said=PolicyText(**said), **named)
        return Response(shapes.PolicySerializer(row).data, status=201)


class PolicyView(Endpoint):
    """One policy."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(operation_id="policy", responses={200: shapes.PolicySerializer, **problems(404)})
    def get(self, request: Request, policy_slug: str) -> Response:
        """The version in force."""
        return Response(shapes.PolicySerializer(policy_by_slug(policy_slug, caller(request))).data)


@extend_schema_view(get=extend_schema(operation_id="decisions_list"))
class DecisionsView(ListModelMixin, ListEndpoint):
    """Decisions; one whose second opinion is awaited exists only for who made it."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = DecisionSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Decision]:
        """What the caller may know."""
        return decisions_for(self.viewer).prefetch_related("actions")

    @extend_schema(responses={200: DecisionSerializer(many=True), **problems()})
    def get(self, request: Request) -> Response:
        """Decisions, newest first."""
        return self.list(request)


class DecisionView(Endpoint):
    """One decision."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(operation_id="decision", responses={200: DecisionSerializer, **problems(404)})
    def get(self, request: Request, decision_id: int) -> Response:
        """With its actions."""
        return Response(DecisionSerializer(decision_by_id(decision_id, caller(request))).data)


class ReverseView(Endpoint):
    """Takes a decision back whenever that may be."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="decision_reverse",
        request=shapes.ReasonSerializer,
        responses={200: DecisionSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, decision_id: int) -> Response:
        """Reverse it; receivers get signed reversals."""
        decision = decision_by_id(decision_id, caller(request))
        said = _valid(shapes.ReasonSerializer(data=request.data))
        done = reverse_decision(actor=caller(request), decision=decision, reason=said["reason"])
        return Response(DecisionSerializer(done).data)


@extend_schema_view(get=extend_schema(operation_id="reviews_list"))
class ReviewsView(ListModelMixin, ListEndpoint):
    """Decisions that are looked at twice."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = shapes.ReviewSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[SecondReview]:
        """What the caller may see."""
        return reviews_for(self.viewer).prefetch_related("decision__actions")

    @extend_schema(responses={200: shapes.ReviewSerializer(many=True), **problems()})
    def get(self, request: Request) -> Response:
        """Second looks, newest first."""
        return self.list(request)


class ReviewView(Endpoint):
    """One second look."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}

    @extend_schema(operation_id="review", responses={200: shapes.ReviewSerializer, **problems(404)})
    def get(self, request: Request, review_id: int) -> Response:
        """Without the first verdict until the second is given."""
        return Response(shapes.ReviewSerializer(review_by_id(review_id, caller(request))).data)

    @extend_schema(
        operation_id="review_give",
        request=OpinionSerializer,
        responses={200: shapes.ReviewSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, review_id: int) -> Response:
        """Give the second opinion."""
        review = review_by_id(review_id, caller(request))
        said = _valid(OpinionSerializer(data=request.data))
        terms = take_terms(said, caller(request))
        given = give_opinion(actor=caller(request), review=review, terms=terms, **said)
        return Response(shapes.ReviewSerializer(given).data)


class SettleView(Endpoint):
    """Settles two opinions that differ."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="review_settle",
        request=shapes.SettleSerializer,
        responses={200: shapes.ReviewSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, review_id: int) -> Response:
        """For the first, or for the second, which then takes its place."""
        review = review_by_id(review_id, caller(request))
        policy.require(caller(request), "review.settle")
        said = _valid(shapes.SettleSerializer(data=request.data))
        settled = settle_review(actor=caller(request), review=review, **said)
        return Response(shapes.ReviewSerializer(settled).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="appeals_list",
        responses={200: shapes.AppealSerializer(many=True), **problems()},
    ),
    post=extend_schema(
        operation_id="appeals_open",
        request=shapes.OpenAppealSerializer,
        responses={201: shapes.AppealSerializer, **problems(404, 409, 422)},
    ),
)
class AppealsView(ListModelMixin, ListEndpoint):
    """Objections to decisions."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    serializer_class = shapes.AppealSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Appeal]:
        """What the caller may see."""
        return appeals_for(self.viewer)

    def get_serializer_context(self) -> dict[str, Any]:
        """Who asks decides what is shown."""
        return {**super().get_serializer_context(), "viewer": self.viewer}

    def get(self, request: Request) -> Response:
        """Appeals, newest first; for an integration those that it handed in."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Hand in an appeal; `decision` is the number that webhooks name."""
        policy.require(caller(request), "appeal.open")
        said = _valid(shapes.OpenAppealSerializer(data=request.data))
        decision = appealable_by_id(said.pop("decision"), caller(request))
        appeal = open_appeal(actor=caller(request), decision=decision, **said)
        return Response(_appeal(appeal, request), status=201)


class AppealView(Endpoint):
    """One appeal."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(operation_id="appeal", responses={200: shapes.AppealSerializer, **problems(404)})
    def get(self, request: Request, appeal_id: int) -> Response:
        """With its state."""
        return Response(_appeal(appeal_by_id(appeal_id, caller(request)), request))


class RuleAppealView(Endpoint):
    """Rules on an appeal."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="appeal_rule",
        request=shapes.RulingSerializer,
        responses={200: shapes.AppealSerializer, **problems(404, 409, 422)},
    )
    def post(self, request: Request, appeal_id: int) -> Response:
        """Uphold, change or overturn; 403 for who had a part in the decision."""
        appeal = appeal_by_id(appeal_id, caller(request))
        policy.require(caller(request), "appeal.rule")
        said = _valid(shapes.RulingSerializer(data=request.data))
        terms = take_terms(said, caller(request))
        said["ruling"] = AppealState(said["ruling"])
        ruled = rule_appeal(actor=caller(request), appeal=appeal, terms=terms, **said)
        return Response(_appeal(ruled, request))


class StrikesView(Endpoint):
    """What an account has against it."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="strikes",
        parameters=[OpenApiParameter("account", description="platform:actor", required=True)],
        responses={200: shapes.StandingSerializer(many=True), **problems()},
    )
    def get(self, request: Request) -> Response:
        """Points today and the strikes that still count; an empty list when there is nothing."""
        account = request.query_params.get("account", "").replace("\x00", "")
        standings = standings_of(account, caller(request))
        return Response(shapes.StandingSerializer(standings, many=True).data)


def _appeal(appeal: Appeal, request: Request) -> dict[str, Any]:
    context = {"viewer": caller(request)}
    return dict(shapes.AppealSerializer(appeal, context=context).data)


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
