"""Shapes of policies, second looks, appeals and strikes in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases import policy
from cases.api.serializers import ActSerializer, DecisionSerializer, OpinionSerializer
from cases.choices import Effect, Question, ReviewState, Severity
from cases.models import Appeal, PolicyVersion, SecondReview
from cases.services.appeal import RULINGS
from cases.services.policy import BOUNDS
from cases.statements.ground import LIMITS
from cases.statements.vocabulary import CATEGORIES, CONTENT, COUNTRIES, GROUNDS, KEYWORDS
from detectors.choices import Outcome


class GroundSerializer(serializers.Serializer[object]):
    """What statements of reasons about breaches of a policy say; empty: none are made."""

    ground = serializers.ChoiceField(choices=list(GROUNDS.items()), required=False)
    category = serializers.ChoiceField(choices=list(CATEGORIES.items()), required=False)
    reference = serializers.CharField(max_length=LIMITS["reference"], required=False)
    explanation = serializers.CharField(max_length=LIMITS["explanation"], required=False)
    facts = serializers.CharField(max_length=LIMITS["facts"], required=False, allow_blank=True)
    keywords = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(KEYWORDS)), max_length=20, required=False
    )
    content = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(CONTENT)), max_length=9, required=False
    )
    territory = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(COUNTRIES)), max_length=40, required=False
    )


class PolicySerializer(serializers.ModelSerializer[PolicyVersion]):
    """One version of a policy."""

    created_by = serializers.StringRelatedField[PolicyVersion](read_only=True)
    statement = GroundSerializer(read_only=True)

    class Meta:
        model = PolicyVersion
        fields = [
            "slug", "number", "title", "text", "harm", "review_percent", "review_over",
            "review_effect", "questions", "strikes", "strike_half_life_days", "strike_days",
            "appeal_hours", "statement", "current", "reason", "created_by", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


def _number(name: str, default: int) -> serializers.IntegerField:
    least, most = BOUNDS[name]
    return serializers.IntegerField(min_value=least, max_value=most, default=default)


class PolicyTextSerializer(serializers.Serializer[object]):
    """The next version of a policy. based_on: the version that its author saw; 0 for a new one."""

    slug = serializers.SlugField(max_length=60)
    title = serializers.CharField(max_length=120)
    text = serializers.CharField(max_length=20_000)
    harm = _number("harm", Severity.MEDIUM.value)
    review_percent = _number("review_percent", 0)
    review_over = serializers.IntegerField(
        min_value=0, max_value=10_000, allow_null=True, default=None
    )
    review_effect = serializers.ChoiceField(choices=Effect.choices, default=Effect.AT_ONCE)
    questions = serializers.ListField(
        child=serializers.ChoiceField(choices=Question.choices), max_length=9, default=list
    )
    strikes = _number("strikes", 1)
    strike_half_life_days = _number("strike_half_life_days", 90)
    strike_days = _number("strike_days", 365)
    appeal_hours = _number("appeal_hours", 72)
    statement = GroundSerializer(default=dict)
    reason = serializers.CharField(max_length=500)
    based_on = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class ReasonSerializer(serializers.Serializer[object]):
    """A reason alone."""

    reason = serializers.CharField(max_length=5_000)


class ReviewSerializer(serializers.ModelSerializer[SecondReview]):
    """A second look. first: the decision, null until the second opinion is given."""

    case = serializers.CharField(source="decision.case.ref", read_only=True)
    first = serializers.SerializerMethodField()
    policy = serializers.CharField(
        source="policy_version.slug", read_only=True, allow_null=True, default=None
    )
    reviewer = serializers.StringRelatedField[SecondReview](read_only=True)
    settled_by = serializers.StringRelatedField[SecondReview](read_only=True)

    class Meta:
        model = SecondReview
        fields = [
            "id", "case", "state", "created_at", "first", "reviewer", "outcome", "policy",
            "confidence", "reason", "reviewed_at", "settled_by", "settled_at", "settled_reason",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(DecisionSerializer(allow_null=True))
    def get_first(self, row: SecondReview) -> dict[str, Any] | None:
        """Veiled while the second person must not know it."""
        if row.state == ReviewState.WAITING:
            return None
        return dict(DecisionSerializer(row.decision).data)


class SettleSerializer(serializers.Serializer[object]):
    """first: whether the first opinion stands. key: a UUID of the caller's."""

    first = serializers.BooleanField()
    reason = serializers.CharField(max_length=5_000)
    key = serializers.UUIDField()


class OpenAppealSerializer(serializers.Serializer[object]):
    """An appeal to hand in. key: a UUID of the sender's; sent twice it is one appeal."""

    decision = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    appellant = serializers.CharField(max_length=242)
    statement = serializers.CharField(max_length=20_000)
    key = serializers.UUIDField()


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    """An appeal. ruled_by, ruling: null and empty for integrations, who pass the answer on."""

    case = serializers.CharField(source="decision.case.ref", read_only=True)
    opened_by = serializers.StringRelatedField[Appeal](read_only=True)
    ruled_by = serializers.StringRelatedField[Appeal](read_only=True)

    def to_representation(self, instance: Appeal) -> dict[str, Any]:
        """Names and words of reviewers stay on the desk."""
        shown = super().to_representation(instance)
        if not policy.allowed(self.context["viewer"], "case.view"):
            shown |= {"ruled_by": None, "ruling": ""}
        return shown

    class Meta:
        model = Appeal
        fields = [
            "id", "decision", "case", "appellant", "statement", "state", "opened_by", "opened_at",
            "due_at", "ruled_by", "ruled_at", "ruling",
        ]  # fmt: skip
        read_only_fields = fields


class RulingSerializer(OpinionSerializer):
    """A ruling. outcome, actions and so on: what a change changes the decision to."""

    ruling = serializers.ChoiceField(choices=[(one.value, one.label) for one in RULINGS])
    actions = ActSerializer(many=True, required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)


class StrikeSerializer(serializers.Serializer[object]):
    """A strike. worth: what is left of its points today."""

    case = serializers.CharField(source="strike.decision.case.ref")
    decision = serializers.IntegerField(source="strike.decision_id")
    points = serializers.IntegerField(source="strike.points")
    worth = serializers.FloatField()
    given_at = serializers.DateTimeField(source="strike.given_at")
    expires_at = serializers.DateTimeField(source="strike.expires_at")


class TieSerializer(serializers.Serializer[object]):
    """Another account that used the same identifier."""

    other = serializers.CharField()
    type = serializers.CharField()
    value = serializers.CharField()


class StandingSerializer(serializers.Serializer[object]):
    """What one account has against it today. ties: accounts of the same person, counted in."""

    account = serializers.CharField()
    points = serializers.FloatField()
    strikes = StrikeSerializer(many=True)
    ties = TieSerializer(many=True)
