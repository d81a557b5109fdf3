"""Shapes of work on many cases in the API."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework import serializers

from cases.api.serializers import CaseRowSerializer
from cases.choices import ActionKind, BulkAction, ItemState
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob
from cases.terms import KINDS, MAX_DAYS
from detectors.choices import Outcome

CHOSEN: Final = 100_000
WORDS: Final = 50
ACTS: Final = [(one.value, one.label) for one in ActionKind if one in KINDS[True]]


def _words() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=WORDS, required=False
    )


class BulkRequestSerializer(serializers.Serializer[Any]):
    """What to do with which cases: those of `refs`, or all that `q` finds; an empty `q` finds all.

    outcome, policy, act and days: of `close`; act is done to every account of every case.
    assignee: of `assign`; null gives the cases back to their queues. add, remove: of `label`.
    until: of `snooze`. seen_at, count: what a `dry_run` answered as `seen_at` and `total`; above
    1,000 cases the count must be given.
    """

    action = serializers.ChoiceField(BulkAction.choices)
    q = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    refs = serializers.ListField(
        child=serializers.RegexField(r"^AD-[0-9]{1,18}$"),
        max_length=CHOSEN,
        min_length=1,
        required=False,
    )
    reason = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    outcome = serializers.ChoiceField(Outcome.choices, required=False)
    policy = serializers.SlugField(max_length=60, required=False)
    act = serializers.ChoiceField(ACTS, required=False)
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, required=False)
    assignee = serializers.CharField(max_length=150, required=False, allow_null=True)
    add = _words()
    remove = _words()
    until = serializers.DateTimeField(required=False)
    seen_at = serializers.DateTimeField(required=False)
    count = serializers.IntegerField(min_value=1, max_value=CHOSEN, required=False)
    dry_run = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nobody means every case by saying nothing."""
        if ("q" in attrs) == ("refs" in attrs):
            message = "Name the cases in refs, or all that a filter finds in q."
            raise serializers.ValidationError({"refs": [message]})
        return attrs


class PileSerializer(serializers.Serializer[Any]):
    """So many of one sort."""

    name = serializers.CharField()
    cases = serializers.IntegerField()


class BulkPreviewSerializer(serializers.Serializer[Any]):
    """What would happen.

    total: cases that would be changed; found: that match, 10,001 for more than 10,000. capped: one
    job cannot take all. typed: `count` must be given. enforcing: actions on accounts; held: so many
    that a second person has to agree. left_out: why others stay as they are.
    """

    seen_at = serializers.DateTimeField()
    total = serializers.IntegerField()
    found = serializers.IntegerField()
    capped = serializers.BooleanField()
    typed = serializers.BooleanField()
    enforcing = serializers.IntegerField()
    held = serializers.BooleanField()
    by_state = PileSerializer(many=True)
    by_policy = PileSerializer(many=True)
    left_out = PileSerializer(many=True)
    samples = CaseRowSerializer(many=True)


class BulkJobSerializer(serializers.ModelSerializer[BulkJob]):
    """How far the work is. query: empty when the cases were named. held: its decisions wait for a
    second person.
    """

    action = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    does = serializers.SerializerMethodField(help_text="In words")
    actor = serializers.StringRelatedField[Any](read_only=True)
    undone_by = serializers.StringRelatedField[Any](read_only=True, allow_null=True)
    undo_until = serializers.DateTimeField(read_only=True, allow_null=True)
    waiting = serializers.IntegerField(source="waiting_count", read_only=True)
    done = serializers.IntegerField(source="done_count", read_only=True)
    failed = serializers.IntegerField(source="failed_count", read_only=True)
    skipped = serializers.IntegerField(source="skipped_count", read_only=True)
    undone = serializers.IntegerField(source="undone_count", read_only=True)
    kept = serializers.IntegerField(source="kept_count", read_only=True)

    class Meta:
        model = BulkJob
        fields: ClassVar = [
            "id", "action", "does", "query", "reason", "held", "state", "actor", "total",
            "waiting", "done", "failed", "skipped", "undone", "kept", "created_at", "finished_at",
            "undo_until", "undone_by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_does(self, job: BulkJob) -> str:
        return str(Deed.read(job.action, job.said))


class BulkItemSerializer(serializers.ModelSerializer[BulkItem]):
    """One case of the work. note: why it stayed as it is."""

    case = serializers.CharField(source="case.ref", read_only=True)
    state = serializers.ChoiceField(ItemState.choices, read_only=True)
    decision = serializers.IntegerField(source="decision_id", read_only=True, allow_null=True)

    class Meta:
        model = BulkItem
        fields: ClassVar = ["case", "state", "note", "decision"]
        read_only_fields = fields
