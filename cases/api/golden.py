"""Cases with a known answer over REST: the set, own results, how far people agree."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases import policy
from cases.models import Case, GoldenCheck, GoldenItem
from cases.selectors.case import case_by_ref
from cases.selectors.golden import (
    agreement_for,
    golden_item_by_id,
    golden_items_for,
    own_results_for,
)
from cases.selectors.policy import policy_by_slug
from cases.services.golden import DAYS, DAYS_MOST, mark_golden, retire_golden, see_own_results
from detectors.choices import Outcome


class GoldenItemSerializer(serializers.ModelSerializer[GoldenItem]):
    """A closed case with its known answer. answered: answers of which leads may know by now."""

    case = serializers.SlugRelatedField[Case]("ref", read_only=True)
    policy = serializers.StringRelatedField[GoldenItem](source="policy_version", read_only=True)
    marked_by = serializers.StringRelatedField[GoldenItem](read_only=True)
    answered = serializers.IntegerField(read_only=True)

    class Meta:
        model = GoldenItem
        fields = [
            "id", "case", "outcome", "policy", "reason", "marked_by", "marked_at", "expires_at",
            "answered",
        ]  # fmt: skip
        read_only_fields = fields


class MarkGoldenSerializer(serializers.Serializer[object]):
    """A closed case to vouch for. policy: slug; the version in force is kept."""

    case = serializers.RegexField(r"^AD-[0-9]{1,18}$")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    policy = serializers.SlugField(max_length=60, required=False)
    reason = serializers.CharField(max_length=5_000)
    days = serializers.IntegerField(min_value=1, max_value=DAYS_MOST, default=DAYS)


class OwnResultSerializer(serializers.ModelSerializer[GoldenCheck]):
    """What the caller said where the answer is known."""

    case = serializers.SlugRelatedField[Case]("ref", read_only=True)
    known = serializers.CharField(source="item.outcome", read_only=True)
    reason = serializers.CharField(source="item.reason", read_only=True)

    class Meta:
        model = GoldenCheck
        fields = ["id", "case", "outcome", "known", "reason", "decided_at"]
        read_only_fields = fields


class AgreementSerializer(serializers.Serializer[object]):
    """kappa, low, high: null below 20 pairs, and where only one verdict was ever given."""

    n = serializers.IntegerField()
    share = serializers.FloatField()
    kappa = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ByPolicySerializer(serializers.Serializer[object]):
    """One policy version. golden: reviewers and known answers; second: first and second looks."""

    policy = serializers.CharField()
    golden = AgreementSerializer()
    second = AgreementSerializer()


class ByReviewerSerializer(serializers.Serializer[object]):
    """One person against known answers."""

    reviewer = serializers.CharField()
    golden = AgreementSerializer()


class AgreementReportSerializer(serializers.Serializer[object]):
    """How far people agree."""

    policies = ByPolicySerializer(many=True)
    reviewers = ByReviewerSerializer(many=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="golden_list",
        responses={200: GoldenItemSerializer(many=True), **problems()},
    ),
    post=extend_schema(
        operation_id="golden_mark",
        request=MarkGoldenSerializer,
        responses={201: GoldenItemSerializer, **problems(404, 409, 422)},
    ),
)
class GoldenView(ListModelMixin, ListEndpoint):
    """The golden set; for leads."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    serializer_class = GoldenItemSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[GoldenItem]:
        """What the caller may see."""
        return golden_items_for(self.viewer).order_by("-pk")

    def get(self, request: Request) -> Response:
        """Items, newest first; ended ones too."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Vouch for the answer of a closed case."""
        policy.require(caller(request), "golden.save")
        form = MarkGoldenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        case, slug = case_by_ref(said.pop("case"), caller(request)), said.pop("policy", "")
        try:
            under = policy_by_slug(slug, caller(request)) if slug else None
        except NotFoundError as error:
            raise InvalidError(error.message, field="policy") from error
        item = mark_golden(actor=caller(request), case=case, under=under, **said)
        return Response(_item(item, request), status=201)


class RetireGoldenView(Endpoint):
    """Ends the use of an item."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="golden_retire",
        request=None,
        responses={200: GoldenItemSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, golden_id: int) -> Response:
        """From now on nobody is checked with it; answers stay."""
        item = golden_item_by_id(golden_id, caller(request))
        retire_golden(actor=caller(request), item=item)
        return Response(_item(item, request))


class OwnResultsView(ListModelMixin, ListEndpoint):
    """Own results."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = OwnResultSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[GoldenCheck]:
        """What the caller may see."""
        return own_results_for(self.viewer).order_by("-pk")

    @extend_schema(
        operation_id="own_results_list",
        responses={200: OwnResultSerializer(many=True), **problems()},
    )
    def get(self, request: Request) -> Response:
        """What the caller said where the answer is known, newest first; it stands from then on."""
        if policy.allowed(caller(request), "golden.own"):
            see_own_results(actor=caller(request))
        return self.list(request)


class AgreementView(Endpoint):
    """How far people agree."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="agreement", responses={200: AgreementReportSerializer, **problems()}
    )
    def get(self, request: Request) -> Response:
        """Kappa by policy version and by reviewer; for leads."""
        policy.require(caller(request), "golden.save")
        return Response(AgreementReportSerializer(agreement_for(caller(request))).data)


def _item(item: GoldenItem, request: Request) -> dict[str, Any]:
    return dict(GoldenItemSerializer(golden_item_by_id(item.pk, caller(request))).data)
