"""Shapes of cases, notes and decisions in the API."""

from __future__ import annotations

from rest_framework import serializers

from cases import states
from cases.choices import ActionKind, Answer, Confidence, State, TaskState, Tlp
from cases.models import Case, CaseLink, Decision, EntityAction, EvidenceFile, Note, Task
from cases.terms import MAX_DAYS
from detectors.choices import EntityType, Outcome


class CaseRowSerializer(serializers.ModelSerializer[Case]):
    """A case in a list."""

    queue = serializers.SlugRelatedField[Case]("slug", read_only=True)
    claimed_by = serializers.StringRelatedField[Case](read_only=True)
    assignee = serializers.StringRelatedField[Case](read_only=True)
    by_day = serializers.ListField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="Hits of each of the last 14 days in UTC, today last; empty: not counted yet",
    )

    class Meta:
        model = Case
        fields = [
            "ref", "title", "state", "queue", "severity", "how_sure", "calibrated", "priority",
            "platforms", "reasons", "accounts", "hits", "reports", "new_hits", "regressed",
            "version", "opened_at", "updated_at", "due_at", "closed_at", "snoozed_until",
            "claimed_by", "claim_expires_at", "assignee", "sources", "languages", "providers",
            "escalating", "sla_paused_at", "labels", "tlp", "by_day",
        ]  # fmt: skip
        read_only_fields = fields


class EventSerializer(serializers.Serializer[object]):
    """One event of a timeline."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    verb = serializers.CharField()
    sentence = serializers.CharField()
    origin = serializers.CharField(help_text="Reference of the case on which it happened")


class ReportSerializer(serializers.Serializer[object]):
    """One report. signal_id: the signal that holds what it said. targets: what it reports."""

    signal_id = serializers.IntegerField()
    reporter = serializers.CharField()
    reason = serializers.CharField()
    reported_at = serializers.DateTimeField()
    targets = serializers.ListField(child=serializers.CharField())


class CaseSerializer(CaseRowSerializer):
    """A case with what it rests on.

    newest_reports: at most 50 of `reports`. contributions: empty where no detector spoke.
    may_become: the states that may follow. faded: members whom no evidence ties any more.
    """

    merged_into = serializers.SlugRelatedField[Case]("ref", read_only=True)
    contributions = serializers.DictField(child=serializers.FloatField(), read_only=True)
    newest_reports = ReportSerializer(many=True, read_only=True)
    timeline = EventSerializer(many=True, read_only=True)
    may_become = serializers.SerializerMethodField()
    faded = serializers.ListField(child=serializers.CharField(), read_only=True)

    def get_may_become(self, case: Case) -> list[str]:
        """From the table of transitions."""
        return states.allowed_from(State(case.state))

    class Meta(CaseRowSerializer.Meta):
        fields = [
            *CaseRowSerializer.Meta.fields,
            "summary", "priority_parts", "merged_into", "contributions", "newest_reports",
            "timeline", "may_become", "faded",
        ]  # fmt: skip
        read_only_fields = fields


class ClaimSerializer(serializers.ModelSerializer[Case]):
    """A claim: decide with `claim_id` before `claim_expires_at`."""

    class Meta:
        model = Case
        fields = ["ref", "state", "version", "claim_id", "claim_expires_at"]
        read_only_fields = fields


class ActSerializer(serializers.Serializer[object]):
    """One action on one entity of the case. days: until it ends by itself; null for never."""

    entity_type = serializers.CharField(max_length=40, default=EntityType.ACCOUNT.value)
    value = serializers.CharField(max_length=4_200, trim_whitespace=False)
    kind = serializers.ChoiceField(choices=ActionKind.choices)
    days = serializers.IntegerField(
        min_value=1, max_value=MAX_DAYS, allow_null=True, required=False
    )


class OpinionSerializer(serializers.Serializer[object]):
    """A verdict with its reason.

    policy: slug of a policy; the version in force is kept. assessment: an answer to each question
    of that version.
    """

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.CharField(max_length=5_000)
    policy = serializers.SlugField(max_length=60, required=False)
    confidence = serializers.ChoiceField(choices=Confidence.choices, required=False)
    assessment = serializers.DictField(
        child=serializers.ChoiceField(choices=Answer.choices), required=False
    )


class DecideSerializer(OpinionSerializer):
    """A decision to make. key: a UUID of the caller's; sent twice it is one decision.

    asks_second: nothing of it is in force until a second person agrees.
    """

    claim_id = serializers.UUIDField()
    asks_second = serializers.BooleanField(required=False, default=False)
    actions = ActSerializer(many=True, required=False)
    key = serializers.UUIDField()


class ActionSerializer(serializers.ModelSerializer[EntityAction]):
    """An action of a decision."""

    class Meta:
        model = EntityAction
        fields = ["entity_type", "value", "kind", "until", "reversed_at"]
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """A decision that was made. held: in force only once a second person agrees."""

    case = serializers.SlugRelatedField[Case]("ref", read_only=True)
    actor = serializers.StringRelatedField[Decision](read_only=True)
    policy = serializers.CharField(
        source="policy_version.slug", read_only=True, allow_null=True, default=None
    )
    policy_version = serializers.IntegerField(
        source="policy_version.number", read_only=True, allow_null=True, default=None
    )
    undone_by = serializers.StringRelatedField[Decision](read_only=True)
    actions = ActionSerializer(many=True, read_only=True)

    class Meta:
        model = Decision
        fields = [
            "id", "case", "actor", "outcome", "reason", "key", "created_at", "policy",
            "policy_version", "confidence", "assessment", "actions", "held", "undone_at",
            "undone_by", "undo_reason", "replaces",
        ]  # fmt: skip
        read_only_fields = fields


class UndoSerializer(serializers.Serializer[object]):
    """Which decision to take back; without an id, the last one."""

    decision = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class NoteSerializer(serializers.ModelSerializer[Note]):
    """An internal note."""

    author = serializers.StringRelatedField[Note](read_only=True)
    body = serializers.CharField(max_length=20_000)

    class Meta:
        model = Note
        fields = ["id", "author", "body", "created_at"]
        read_only_fields = ["id", "author", "created_at"]


class NotedSerializer(NoteSerializer):
    """A note that was added. not_told: named in it, but the case does not exist for them."""

    told = serializers.ListField(child=serializers.CharField(), read_only=True)
    not_told = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta(NoteSerializer.Meta):
        fields = [*NoteSerializer.Meta.fields, "told", "not_told"]
        read_only_fields = [*NoteSerializer.Meta.read_only_fields, "told", "not_told"]


class MarksSerializer(serializers.Serializer[object]):
    """What people mark a case with. Left out stays as it is; labels are the whole set."""

    labels = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False
    )
    tlp = serializers.ChoiceField(choices=Tlp.choices, required=False)


class TransitionSerializer(serializers.Serializer[object]):
    """A step to another state. reason: to escalate or reopen; until: to snooze."""

    to = serializers.ChoiceField(choices=State.choices)
    reason = serializers.CharField(max_length=500, required=False, default="")
    until = serializers.DateTimeField(required=False)


class TaskSerializer(serializers.ModelSerializer[Task]):
    """One step of the checklist. playbook: where it comes from; a change names its `version`."""

    playbook = serializers.StringRelatedField[Task](read_only=True)
    added_by = serializers.StringRelatedField[Task](read_only=True)
    changed_by = serializers.StringRelatedField[Task](read_only=True)

    class Meta:
        model = Task
        fields = [
            "id", "text", "state", "playbook", "version", "added_by", "added_at", "changed_by",
            "changed_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewTaskSerializer(serializers.Serializer[object]):
    """A task to add."""

    text = serializers.CharField(max_length=300)


class TaskStateSerializer(serializers.Serializer[object]):
    """What became of a task."""

    state = serializers.ChoiceField(choices=TaskState.choices)


class FileSerializer(serializers.ModelSerializer[EvidenceFile]):
    """A file of a case. media_type: by its first bytes."""

    added_by = serializers.StringRelatedField[EvidenceFile](read_only=True)

    class Meta:
        model = EvidenceFile
        fields = ["id", "name", "size", "sha256", "media_type", "note", "added_by", "added_at"]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer[object]):
    """A file to add, as a form."""

    file = serializers.FileField()
    note = serializers.CharField(max_length=500, required=False, default="")


class WatcherSerializer(serializers.Serializer[object]):
    """Somebody who watches a case."""

    user = serializers.CharField()
    since = serializers.DateTimeField()


class ThingSerializer(serializers.Serializer[object]):
    """One thing that two cases share."""

    type = serializers.CharField()
    value = serializers.CharField()


class SimilarSerializer(serializers.Serializer[object]):
    """A case with the same evidence. counts: shared things by type; shared: the rarest of them."""

    ref = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    outcome = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    shared = ThingSerializer(many=True)


class LinkSerializer(serializers.ModelSerializer[CaseLink]):
    """A link that a person made. case, other: references, the older case first."""

    case = serializers.SlugRelatedField[CaseLink]("ref", read_only=True)
    other = serializers.SlugRelatedField[CaseLink]("ref", read_only=True)
    added_by = serializers.StringRelatedField[CaseLink](read_only=True)

    class Meta:
        model = CaseLink
        fields = ["case", "other", "reason", "added_by", "added_at"]
        read_only_fields = fields


class NewLinkSerializer(serializers.Serializer[object]):
    """A case to call related, and why."""

    other = serializers.RegexField(r"^AD-[0-9]{1,18}$")
    reason = serializers.CharField(max_length=500)


class RelatedSerializer(serializers.Serializer[object]):
    """Cases that the evidence or a person relates to this one."""

    similar = SimilarSerializer(many=True)
    links = LinkSerializer(many=True)
