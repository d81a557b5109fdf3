"""Turns the findings log into campaigns, in commit order, one worker at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min, Sum

from abusedesk.core import clock
from abusedesk.core.queueing import wake
from detectors import fusion
from detectors.choices import CampaignState, FindingStatus, Mode
from detectors.fusion import Evidence, Group
from detectors.models import (
    Campaign,
    CampaignEdge,
    CampaignFinding,
    CampaignMember,
    Cursor,
    Finding,
)
from detectors.services.drain import drain
from detectors.stream import Position

BATCH = 500
MAX_ROUNDS = 8
OPENS_ALONE_OBJECTS = 5
CURSOR = "fusion"

_LOG = """
SELECT epoch, tx::text::bigint, id, finding_id FROM detectors_findingrevision AS r
WHERE (epoch, tx, id) > (%s, %s::text::xid8, %s) AND tx < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY r.epoch, r.tx, r.id
LIMIT %s
"""


def fuse_all() -> None:
    """Read the log to its end; wakes itself when the time is up before that."""
    if not drain(fuse_findings):
        wake("detectors.fuse")


def fuse_findings() -> int:
    """Fold the next batch of the findings log into campaigns. Returns how many entries it took."""
    Cursor.objects.get_or_create(name=CURSOR)
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update(skip_locked=True).filter(name=CURSOR).first()
        if cursor is None:
            return 0
        log = _read_log(Position(cursor.epoch, cursor.tx, cursor.signal_id))
        if not log:
            return 0
        touched = Finding.objects.filter(pk__in={row[3] for row in log}, config__mode=Mode.LIVE)
        accounts = {name for names in touched.values_list("subjects", flat=True) for name in names}
        if accounts:
            _refresh(accounts)
        cursor.epoch, cursor.tx, cursor.signal_id = log[-1][:3]
        cursor.updated_at = clock.now()
        cursor.save()
        return len(log)


def _read_log(after: Position) -> list[tuple[int, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_LOG, [*after, BATCH])
        return list(cursor.fetchall())


def _refresh(accounts: set[str]) -> None:
    """Compute the campaigns around these accounts again, and move what changed into the tables."""
    before = list(
        Campaign.objects.select_for_update(of=("self",))
        .exclude(state=CampaignState.MERGED)
        .filter(pk__in=CampaignMember.objects.filter(account__in=accounts).values("campaign"))
        .order_by("pk")
    )
    names = CampaignMember.objects.filter(campaign__in=before).values_list("account", flat=True)
    evidence, closed = _neighbourhood(accounts.union(names))
    groups = fusion.groups_of(fusion.score_pairs(evidence, sorted(closed)), evidence)
    heirs = _lineage(before, groups)
    for place, group in enumerate(groups):
        _store(group, heirs.get(place, []))


def _neighbourhood(accounts: set[str]) -> tuple[list[Evidence], set[str]]:
    """Evidence around accounts, and all accounts that kept edges reach from them.

    A pair is never kept on weak evidence alone, so only accounts at the end of a kept edge are
    followed: a shared address does not pull half the desk in.
    """
    known, frontier = set(accounts), set(accounts)
    evidence: dict[int, Evidence] = {}
    for _ in range(MAX_ROUNDS):
        for one in _evidence_of(frontier):
            evidence[one.id] = one
        named = {name for one in evidence.values() for name in one.subjects}
        scored = sorted(known | named)[: fusion.MAX_ACCOUNTS]
        graph = fusion.kept_graph(fusion.score_pairs(list(evidence.values()), scored))
        reached = {
            other for name in known if name in graph for other in graph.neighbors(name)
        } - known
        if not reached or len(known) >= fusion.MAX_ACCOUNTS:
            break
        known |= reached
        frontier = reached
    return [evidence[key] for key in sorted(evidence)], known


def _evidence_of(accounts: Iterable[str]) -> list[Evidence]:
    rows = Finding.objects.filter(
        subjects__overlap=sorted(accounts), status=FindingStatus.CURRENT, config__mode=Mode.LIVE
    )
    return [_evidence(row) for row in rows.order_by("pk")]


def _evidence(row: Finding) -> Evidence:
    return Evidence(
        id=row.pk,
        detector=row.detector,
        family=row.family,
        anchor=f"{row.anchor_type}:{row.anchor_value}",
        subjects=tuple(row.subjects),
        links=tuple((a, b, llr) for a, b, llr in row.links),
        llr=row.llr,
        last_at=row.last_at.timestamp(),
        opens_alone=row.values.get("synchronous_objects", 0) >= OPENS_ALONE_OBJECTS,
    )


def _lineage(before: Sequence[Campaign], groups: Sequence[Group]) -> dict[int, list[Campaign]]:
    """Group number -> the campaigns it continues, oldest first.

    A campaign lives on in the group that holds most of its members, if that is at least half.
    """
    heirs: dict[int, list[Campaign]] = {}
    for campaign in before:
        members = set(campaign.members.values_list("account", flat=True))
        shared = [
            (len(members.intersection(group.members)), -place) for place, group in enumerate(groups)
        ]
        count, place = max(shared, default=(0, 0))
        if count and 2 * count >= len(members):
            heirs.setdefault(-place, []).append(campaign)
    return heirs


def _store(group: Group, continued: list[Campaign]) -> None:
    """Write one group into its campaign; wake the intake when there is something new to see."""
    campaign = continued[0] if continued else Campaign(revision=0, state=CampaignState.WATCH)
    grown = _fill(campaign, group)
    for other in continued[1:]:
        other.state, other.merged_into = CampaignState.MERGED, campaign
        other.needs_intake = other.updated_at is not None
        other.save()
        grown = True
    if not grown:
        return
    if campaign.state == CampaignState.OPEN:
        campaign.needs_intake = True
        wake(settings.ON_CAMPAIGN_TASK)
        campaign.save(update_fields=["needs_intake"])


def _fill(campaign: Campaign, group: Group) -> bool:
    """Bring a campaign's rows to what the group says. Returns whether anything changed."""
    members = dict(campaign.members.values_list("account", "p")) if campaign.pk else {}
    had = set(campaign.evidence.values_list("finding_id", flat=True)) if campaign.pk else set()
    facts = Finding.objects.filter(pk__in=group.finding_ids).aggregate(
        first=Min("first_at"), last=Max("last_at"), total=Sum("signal_total")
    )
    state = CampaignState.OPEN if group.opens else CampaignState.WATCH
    same = (
        set(members) == set(group.members)
        and had == group.finding_ids
        and campaign.signal_total == facts["total"]
        and campaign.state in {state, CampaignState.OPEN}
    )
    if same:
        return False
    _describe(campaign, group, facts["first"], facts["last"], facts["total"])
    if campaign.state != CampaignState.OPEN:
        campaign.state = state
    campaign.save()
    _replace_rows(campaign, group, set(members), had)
    return True


def _describe(
    campaign: Campaign, group: Group, first: datetime, last: datetime, total: int
) -> None:
    campaign.size = len(group.members)
    campaign.platforms = sorted({name.partition(":")[0] for name in group.members})
    campaign.families = list(group.families)
    campaign.p, campaign.score = group.p, group.score
    campaign.parts = group.parts
    campaign.label = group.label
    campaign.first_at, campaign.last_at = first, last
    campaign.signal_total = total
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
