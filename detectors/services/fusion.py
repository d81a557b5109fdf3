"""Turns the findings log into campaigns, in the order of engine time, one worker at a time."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, Q, QuerySet

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from detectors import folding, fusion, hysteresis
from detectors.calibration.evidence import Table, reweighed
from detectors.choices import GONE, CampaignState, FindingStatus, LinkState, Mode
from detectors.declared import judged_groups
from detectors.fits import table_of, weights_in_force
from detectors.folding import Standing
from detectors.fusion import Group
from detectors.models import (
    Campaign,
    CampaignEdge,
    CampaignFinding,
    CampaignMember,
    CannotLink,
    Cursor,
    DeclaredGroup,
    EvidenceWeights,
    FindingRevision,
    FusedFinding,
    Shard,
    Stream,
    Touched,
)
from detectors.pairs import Apart, Evidence
from detectors.selectors.declared import stale_groups
from detectors.services import faded
from detectors.services.audit_draw import is_drawn
from detectors.services.dissolved import end_dissolved
from detectors.services.drain import SHORT_S, drain
from detectors.services.proposal import remember

STEP_S = 1.0
BATCH = 200
_LOCK = 0x4655_5345  # "FUSE"
_DUE = Q(state=LinkState.WAITING) | Q(ended_s__isnull=False)


def fuse_all(budget_s: float = SHORT_S) -> None:
    """Read the log to its end; wakes itself when the time is up before that."""
    if not drain(_step, budget_s):
        wake("detectors.fuse")


def _step() -> int:
    changed = apply_declarations()
    return changed + sum(fuse_stream(stream=one) for one in Stream.objects.all())


def fuse_stream(*, stream: Stream) -> int:
    """Fold the next steps of one stream's findings log. Returns how many entries it took.

    The log is read in steps of engine time, and only as far as the slowest detector has come: so
    which worker was faster, and how often it was killed, does not decide what is fused with what.
    The cursor keeps the number of the last step.
    """
    name = f"fusion-{stream.pk}"
    Cursor.objects.get_or_create(name=name)
    with transaction.atomic():
        if not _alone():
            return 0
        cursor = Cursor.objects.select_for_update(no_key=True).get(name=name)
        step_s = float(stream.tick_floor_s) or STEP_S
        log = _read_log(stream, cursor.signal_id, step_s)
        cuts_wait = CannotLink.objects.exclude(state=LinkState.ENDED).filter(_DUE).exists()
        for step, entries in groupby(log, key=lambda row: math.floor(row.at_s / step_s)):
            if cuts_wait:
                _apply_cuts(step * step_s)
            _fold(list(entries))
        if log:
            cursor.signal_id = math.floor(log[-1].at_s / step_s)
            cursor.updated_at = clock.now()
            cursor.save()
        if Campaign.objects.filter(needs_intake=True).exists():
            wake(settings.ON_CAMPAIGN_TASK)
        return len(log)


@transaction.atomic
def apply_declarations() -> int:
    """Bring declarations that began or ended into force around their accounts; how many did."""
    if not _alone():
        return 0
    changed = list(stale_groups(clock.now()).select_for_update(no_key=True))
    for group in changed:
        group.applied = not group.applied
        group.save(update_fields=["applied"])
    accounts = {name for group in changed for name in group.accounts}
    if accounts:
        refresh(accounts=accounts)
    return len(changed)


def wait_alone() -> None:
    """Wait until nobody fuses; nobody else does until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def place() -> float:
    """How far in engine time the findings logs are folded: the end of the last step."""
    steps = Cursor.objects.filter(name__startswith="fusion-").values_list("name", "signal_id")
    floors = dict(Stream.objects.values_list("pk", "tick_floor_s"))
    ends = [(last + 1) * (float(floors[int(name.partition("-")[2])]) or STEP_S)
            for name, last in steps]  # fmt: skip
    return max(ends, default=0.0)


def groups_with(*, accounts: set[str], cut: Apart) -> list[Group]:
    """The campaigns around these accounts if one more cut were in force."""
    oldest = _campaigns_of(accounts).first()
    weights = oldest.weights if oldest else weights_in_force()
    about = partial(_evidence_of, table=table_of(weights))
    return [
        group
        for part in folding.parts_around(accounts, about, _members_among)
        for group in judged_groups(
            part.evidence,
            sorted(part.accounts),
            _declared_among(part.accounts),
            [*_cuts_among(part.accounts), cut],
        )
    ]


def groups_instead(
    *, accounts: set[str], detector: str, evidence_about: folding.EvidenceAbout
) -> list[Group]:
    """Campaigns around accounts as they would be with other findings of one detector.

    evidence_about: those other findings, by accounts. Writes nothing.
    """
    table = table_of(weights_in_force())

    def about(names: set[str]) -> list[Evidence]:
        others = (one for one in _evidence_of(names, table=table) if one.detector != detector)
        return [*others, *(reweighed(one, table) for one in evidence_about(names))]

    parts = folding.parts_around(accounts, about, _members_among)
    return [group for part in parts for group in _judged(part, part.accounts)]


def is_fused(*, stream: Stream) -> bool:
    """Whether the whole steps of a stream's findings log are folded."""
    cursor = Cursor.objects.filter(name=f"fusion-{stream.pk}").first()
    step_s = float(stream.tick_floor_s) or STEP_S
    return not _read_log(stream, cursor.signal_id if cursor else 0, step_s)


def _campaigns_of(accounts: set[str]) -> QuerySet[Campaign]:
    """Campaigns with one of these accounts, the oldest first."""
    rows = CampaignMember.objects.filter(account__in=accounts).values("campaign")
    found = Campaign.objects.exclude(state__in=GONE).filter(pk__in=rows)
    return found.select_related("weights").order_by("pk")


def _members_among(accounts: set[str]) -> set[str]:
    """Which of these accounts are in a campaign that goes on."""
    rows = CampaignMember.objects.filter(account__in=accounts)
    living = rows.exclude(campaign__state__in=GONE)
    return set(living.values_list("account", flat=True))


def _alone() -> bool:
    """Campaigns of two streams may meet in one account, so one worker fuses at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _read_log(stream: Stream, last_step: int, step_s: float) -> list[FindingRevision]:
    """Whole steps after the last one, at least one if it is complete, about BATCH entries."""
    waiting = FindingRevision.objects.filter(
        stream=stream, at_s__gte=(last_step + 1) * step_s, at_s__lt=_complete(stream, step_s)
    ).order_by("at_s", "id")
    places = list(waiting.values_list("at_s", flat=True)[:BATCH])
    if not places:
        return []
    end = (math.floor(places[-1] / step_s) + 1) * step_s
    return list(waiting.filter(at_s__lt=end).select_related("finding__config"))


def _complete(stream: Stream, step_s: float) -> float:
    """End of the last step in which no detector of the stream can find anything any more."""
    clocks = Shard.objects.filter(stream=stream, config__current=True, config__mode=Mode.LIVE)
    slowest = clocks.aggregate(slowest=Min("clock_s"))["slowest"]
    return math.floor((slowest or 0.0) / step_s) * step_s


def _fold(entries: Sequence[FindingRevision]) -> None:
    """Bring one step of the log into force, then compute the campaigns around it again."""
    newest = {entry.finding_id: entry for entry in sorted(entries, key=_order)}
    live = [entry for entry in newest.values() if entry.finding.config.mode == Mode.LIVE]
    stood = FusedFinding.objects.filter(finding__in=[entry.finding_id for entry in live])
    accounts = {name for names in stood.values_list("subjects", flat=True) for name in names}
    standing = [entry for entry in live if entry.status == FindingStatus.CURRENT]
    stood.exclude(finding__in=[entry.finding_id for entry in standing]).delete()
    FusedFinding.objects.bulk_create(
        [
            FusedFinding(
                finding=entry.finding,
                subjects=entry.evidence["subjects"],
                evidence=entry.evidence,
            )
            for entry in standing
        ],
        update_conflicts=True,
        unique_fields=["finding"],
        update_fields=["subjects", "evidence"],
    )
    accounts.update(name for entry in standing for name in entry.evidence["subjects"])
    if accounts:
        refresh(accounts=accounts)


def _order(entry: FindingRevision) -> tuple[float, int]:
    return entry.at_s, entry.revision


def _apply_cuts(until_s: float) -> None:
    """Bring cuts into force, and end them, that stand before this place in the log.

    A cut is in force from the moment a person makes it; only a second reading of the log meets
    cuts that wait.
    """
    waiting = CannotLink.objects.filter(state=LinkState.WAITING, at_s__lte=until_s)
    over = CannotLink.objects.filter(state=LinkState.STANDING, ended_s__lte=until_s)
    turns = (
        (waiting, LinkState.STANDING, faded.let_go),
        (over, LinkState.ENDED, faded.take_back),
    )
    for rows, state, move in turns:
        for cut in rows.order_by("at_s", "pk"):
            cut.state = state
            cut.save(update_fields=["state"])
            move(cut=cut)
            accounts = {*cut.left, *cut.right}
            held = CampaignMember.objects.filter(account__in=accounts)
            refresh(accounts=accounts, freed=set(held.values_list("campaign", flat=True)))


def refresh(*, accounts: set[str], freed: Collection[int] = ()) -> None:
    """Compute the campaigns around these accounts again, and move what changed into the tables.

    freed: campaigns whose members move although people work on them.
    """
    # where campaigns meet, the oldest says by which weights they live
    oldest = _campaigns_of(accounts).first()
    weights = oldest.weights if oldest else weights_in_force()
    around = _Around(table_of(weights))
    standing, groups = folding.settled(accounts, around.standing, around.groups)
    before = around.campaigns
    rows = Touched.objects.filter(campaign__in=before).exclude(campaign__in=freed)
    touched = set(rows.values_list("campaign", flat=True))
    plan = hysteresis.plan(standing, groups, touched, around.grouped, freed)
    for group, continued in plan.moves:
        _store(group, [before[one.key] for one in continued], weights)
    end_dissolved(campaigns=[before[key] for key in plan.dissolved])
    if touched:
        remember(offers=plan.offers, among=touched)


class _Around:
    """What one refresh reads: campaigns as they stand, locked, and groups by one table of weights.

    campaigns: by key, those that were asked for last.
    """

    def __init__(self, table: Table | None) -> None:
        self.campaigns: dict[int, Campaign] = {}
        self._about = partial(_evidence_of, table=table)
        self._parts: list[folding.Part] = []

    def standing(self, accounts: set[str]) -> list[Standing]:
        """Campaigns with one of these accounts, the oldest first."""
        rows = _campaigns_of(accounts).select_for_update(no_key=True, of=("self",))
        self.campaigns = {campaign.pk: campaign for campaign in rows}
        return [_standing(campaign) for campaign in self.campaigns.values()]

    def groups(self, accounts: set[str]) -> list[Group]:
        """Campaigns as all evidence around these accounts has them."""
        self._parts = folding.parts_around(accounts, self._about, _members_among)
        return [group for part in self._parts for group in _judged(part, part.accounts)]

    def grouped(self, names: Collection[str]) -> list[Group]:
        """Campaigns among these accounts alone, of those that were looked at last."""
        return [
            group
            for part in self._parts
            if (inside := part.accounts.intersection(names))
            for group in _judged(part, inside)
        ]


def _judged(part: folding.Part, accounts: set[str]) -> list[Group]:
    declared, sides = _declared_among(part.accounts), _cuts_among(part.accounts)
    return judged_groups(part.evidence, sorted(accounts), declared, sides)


def _standing(campaign: Campaign) -> Standing:
    chances = dict(campaign.members.values_list("account", "p"))
    tied = frozenset(name for name, p in chances.items() if p > 0.0)
    is_open = campaign.state == CampaignState.OPEN
    return Standing(campaign.pk, is_open, tied, frozenset(chances) - tied)


def _evidence_of(accounts: Iterable[str], *, table: Table | None) -> list[Evidence]:
    rows = FusedFinding.objects.filter(subjects__overlap=sorted(accounts)).order_by("finding")
    told = (
        msgspec.convert({**row.evidence, "id": row.finding_id}, Evidence, strict=False)
        for row in rows
    )
    return [reweighed(one, table) for one in told]


def _declared_among(accounts: set[str]) -> dict[int, frozenset[str]]:
    """Declarations in force that name any of these accounts."""
    rows = DeclaredGroup.objects.filter(applied=True, accounts__overlap=sorted(accounts))
    return {pk: frozenset(names) for pk, names in rows.values_list("pk", "accounts")}


def _cuts_among(accounts: set[str]) -> list[Apart]:
    """Cuts in force with one of these accounts on a side; of the other side only they matter."""
    rows = CannotLink.objects.filter(state=LinkState.STANDING, left__overlap=sorted(accounts))
    return list(rows.values_list("left", "right"))


def _store(group: Group, continued: list[Campaign], weights: EvidenceWeights | None) -> None:
    """Write one group into its campaign; wake the intake when there is something new to see."""
    campaign = continued[0] if continued else Campaign(revision=0, state=CampaignState.WATCH)
    grown = _fill(campaign, group, weights)
    for other in continued[1:]:
        other.state, other.merged_into = CampaignState.MERGED, campaign
        other.needs_intake = other.updated_at is not None
        other.save()
        grown = True
    if not grown:
        return
    if campaign.state == CampaignState.OPEN or is_drawn(campaign=campaign, core=group.core):
        campaign.needs_intake = True
        campaign.save(update_fields=["needs_intake"])


def _fill(campaign: Campaign, group: Group, weights: EvidenceWeights | None) -> bool:
    """Bring a campaign's rows to what the group says. Returns whether anything changed."""
    members = dict(campaign.members.values_list("account", "p")) if campaign.pk else {}
    had = set(campaign.evidence.values_list("finding_id", flat=True)) if campaign.pk else set()
    state = _state_of(campaign, group)
    same = (
        {name: p > 0.0 for name, p in members.items()}
        == {name: p > 0.0 for name, p in group.members.items()}
        and had == group.finding_ids
        and campaign.signal_total == group.signals
        and campaign.state == state
    )
    if same:
        return False
    _describe(campaign, group)
    campaign.state, campaign.declared_id = state, group.declared or None
    campaign.weights = weights
    campaign.save()
    _replace_rows(campaign, group, set(members), had)
    return True


def _state_of(campaign: Campaign, group: Group) -> CampaignState:
    """What has opened never goes back to the watch list, but a declaration explains it."""
    if group.declared:
        return CampaignState.DECLARED
    opened = group.opens or campaign.state == CampaignState.OPEN
    return CampaignState.OPEN if opened else CampaignState.WATCH


def _describe(campaign: Campaign, group: Group) -> None:
    campaign.size = len(group.members)
    campaign.platforms = sorted({name.partition(":")[0] for name in group.members})
    campaign.families = list(group.families)
    campaign.p, campaign.score = group.p, group.score
    campaign.parts = group.parts
    campaign.label = group.label
    campaign.first_at = datetime.fromtimestamp(group.first_at, UTC)
    campaign.last_at = datetime.fromtimestamp(group.last_at, UTC)
    campaign.signal_total = group.signals
    campaign.revision += 1
    campaign.updated_at = clock.now()


def _replace_rows(campaign: Campaign, group: Group, members: set[str], had: set[int]) -> None:
    """Members keep the date they were added; edges are few and written anew."""
    campaign.members.filter(account__in=members - set(group.members)).delete()
    campaign.evidence.filter(finding_id__in=had - group.finding_ids).delete()
    campaign.edges.all().delete()
    CampaignMember.objects.bulk_create(
        [
            CampaignMember(campaign=campaign, account=name, p=p, core=name in group.core)
            for name, p in sorted(group.members.items())
        ],
        update_conflicts=True,
        unique_fields=["campaign", "account"],
        update_fields=["p", "core"],
    )
    CampaignFinding.objects.bulk_create(
        [
            CampaignFinding(campaign=campaign, finding_id=key)
            for key in sorted(group.finding_ids - had)
        ]
    )
    CampaignEdge.objects.bulk_create(
        [
            CampaignEdge(campaign=campaign, a=edge.a, b=edge.b, score=edge.score, parts=edge.parts)
            for edge in group.edges[: fusion.MAX_EDGES]
        ]
    )
