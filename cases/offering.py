"""Reads what a share offers: the case as it stands, its audience, the ids its objects have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from abusedesk.core import clock, ids
from cases import facts
from cases.models import (
    Case,
    CaseReport,
    Circle,
    CircleKey,
    CircleMember,
    Decision,
    Organisation,
    Partner,
    Share,
    SharedEvent,
    SharedNote,
    ShareName,
    ShareTarget,
)
from cases.sharing import egress
from cases.sharing.egress import Audience
from cases.sharing.facts import (
    CampaignFacts,
    CaseFacts,
    DecisionFacts,
    FindingFacts,
    Maker,
    Named,
    NoteFacts,
    Offer,
)
from cases.sharing.hmacs import Key
from cases.sharing.minimise import ACTOR, INFRASTRUCTURE, TYPES, UNCLEAR, Profile, Thing
from cases.summary import strongest_first
from detectors.choices import EntityType, Outcome, ReferenceCategory
from detectors.intel.misp.writing import SharingGroup
from detectors.models import CampaignMember, Finding
from detectors.selectors.reference import Listed, lists_of

MAX_THINGS: Final = 2_000
MAX_FINDINGS: Final = 200
# Lists of hosts that no partner should block or watch.
WARNING: Final = frozenset({ReferenceCategory.KNOWN, ReferenceCategory.SHORTENER})


def case_facts(case: Case) -> CaseFacts:
    """The case and all that could be said of it to partners."""
    campaigns = facts.live_campaigns(case)
    decision = decision_in_force(case)
    confirmed = decision is not None and decision.outcome == Outcome.ABUSE
    spared = _spared(decision) if confirmed else frozenset()
    members = CampaignMember.objects.filter(campaign__in=campaigns, p__gt=0.0)
    actors = frozenset(members.values_list("account", flat=True)) - spared if confirmed else ()
    findings = strongest_first(facts.findings_behind(campaigns))
    things = _things(case, findings, frozenset(actors))
    return CaseFacts(
        key=f"case {case.pk}",
        ref=case.ref,
        level=case.tlp,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        sure=case.how_sure if case.calibrated is None else case.calibrated,
        campaigns=tuple(
            CampaignFacts(f"campaign {one.pk}", one.first_at, one.last_at, one.size, one.p)
            for one in campaigns
        ),
        findings=tuple(_finding(one, frozenset(actors)) for one in findings[:MAX_FINDINGS]),
        notes=_notes(case),
        decision=_decision(decision),
        things=things[:MAX_THINGS],
        left_out=max(0, len(things) - MAX_THINGS) + max(0, len(findings) - MAX_FINDINGS),
    )


def offer_of(share: Share, told: CaseFacts, maker: Organisation, names: Names) -> Offer:
    """What the share offers; `names` knows the ids of its objects for one profile."""
    named = share.circle.misp_group
    group = SharingGroup(share.circle.title, str(named)) if named else None
    return Offer(
        case=told,
        level=share.tlp,
        pap=share.pap,
        title=share.title,
        summary=share.summary,
        valid_until=share.valid_until,
        at=share.at,
        maker=Maker(f"identity--{maker.identity}", maker.name, maker.since),
        name_of=names.name_of,
        group=group,
        before=names.event_before(),
    )


def profile_of(share: Share, partner: Partner, key: CircleKey) -> Profile:
    """What the partner's agreement makes of it."""
    return Profile(
        level=share.tlp,
        types=frozenset(partner.types),
        hide_accounts=partner.hide_accounts,
        key=Key(key.key_id, key.plain),
    )


class Names:
    """Ids of the objects of one share for one profile; new ones are kept by `save`."""

    def __init__(self, share: Share, profile: str) -> None:
        self._share, self._profile = share, profile
        rows = ShareName.objects.filter(share=share, era=share.era, profile=profile)
        self._known = {(one.type, one.source): one for one in rows}
        self._new: list[ShareName] = []

    def name_of(self, type: str, source: str) -> Named:
        """The id for this source, and since when it has it."""
        row = self._known.get((type, source))
        if row is None:
            row = ShareName(
                share=self._share,
                era=self._share.era,
                profile=self._profile,
                type=type,
                source=source,
                uuid=ids.new_uuid(),
                born=self._share.at,
            )
            self._known[type, source] = row
            self._new.append(row)
        return Named(f"{type}--{row.uuid}", row.born)

    def event_before(self) -> dict[str, Any] | None:
        """The MISP event of the last revision that went out to this profile."""
        rows = SharedEvent.objects.filter(
            rendition__share=self._share,
            rendition__profile=self._profile,
            rendition__revision__lte=self._share.live,
        )
        row = rows.order_by("-rendition__revision").first()
        return row.event if row else None

    def save(self) -> None:
        """Keep what was named for the first time."""
        ShareName.objects.bulk_create(self._new, batch_size=2_000)
        self._new = []


def refusals_of(share: Share, targets: Iterable[ShareTarget]) -> dict[int, list[str]]:
    """Partner -> why it does not get what the share is at the moment; every member is in it."""
    joined = dict(
        CircleMember.objects.filter(circle=share.circle_id).values_list("partner", "joined_at")
    )
    named = {one.partner_id: one.partner for one in targets}
    others = Partner.objects.filter(pk__in=joined.keys() - named.keys())
    today = clock.now().date()
    found = {}
    for partner in (*named.values(), *others):
        since = joined.get(partner.pk)
        late = since is not None and share.shared_at is not None and since > share.shared_at
        audience = audience_of(
            share.circle, partner, named=partner.pk in named, member=since is not None
        )
        if late and partner.pk not in named:
            found[partner.pk] = ["joined-later"]
        else:
            found[partner.pk] = egress.refusals(share.tlp, audience, today)
    return found


def audience_of(
    circle: Circle, partner: Partner, *, named: bool = True, member: bool = True
) -> Audience:
    """The partner as the gate sees it, for something that this circle gets."""
    return Audience(
        cap=partner.tlp_cap,
        circle_cap=circle.tlp_cap,
        ends_on=partner.ends_on,
        agreed=partner.agreed,
        active=partner.active,
        circle_active=circle.active,
        community=circle.community,
        knows_tlp_2=partner.knows_tlp_2,
        named=named,
        member=member,
    )


def decision_in_force(case: Case) -> Decision | None:
    """The decision that closed the case and stands; none while it is worked on again."""
    if case.closed_at is None:
        return None
    rows = Decision.objects.filter(case=case, undone_at=None, held=False, replaced_by=None)
    return rows.select_related("policy_version").order_by("-pk").first()


def _spared(decision: Decision | None) -> frozenset[str]:
    """Accounts that a decision with actions does not act on: it spared them."""
    if decision is None:
        return frozenset()
    acted = set(
        decision.actions.filter(entity_type=EntityType.ACCOUNT).values_list("value", flat=True)
    )
    if not acted:
        return frozenset()
    members = CampaignMember.objects.filter(campaign__case_link__case=decision.case_id)
    return frozenset(members.exclude(account__in=acted).values_list("account", flat=True))


def _decision(row: Decision | None) -> DecisionFacts | None:
    if row is None:
        return None
    sure = row.get_confidence_display() if row.confidence else ""
    under = str(row.policy_version or "")
    key = f"decision {row.pk}"
    return DecisionFacts(key, row.outcome, row.created_at, sure, under, row.reason)


def _notes(case: Case) -> tuple[NoteFacts, ...]:
    rows = SharedNote.objects.filter(case=case).order_by("pk")
    return tuple(NoteFacts(f"note {one.pk}", one.body, one.tlp, one.created_at) for one in rows)


def _finding(row: Finding, actors: frozenset[str]) -> FindingFacts:
    return FindingFacts(
        key=f"finding {row.pk}",
        detector=row.detector,
        version=row.version,
        family=row.family,
        first_at=row.first_at,
        last_at=row.last_at,
        signals=row.signal_total,
        anchor=_thing(row.anchor_type, row.anchor_value, actors),
        accounts=tuple(_thing(EntityType.ACCOUNT, one, actors) for one in sorted(row.subjects)),
        sentence=row.sentence,
    )


def _thing(type: str, value: str, actors: frozenset[str], lists: Sequence[Listed] = ()) -> Thing:
    if type == EntityType.ACCOUNT:
        return Thing(type, value, ACTOR if value in actors else UNCLEAR)
    named = next((one.name for one in lists if one.category in WARNING), "")
    return Thing(type, value, INFRASTRUCTURE, named if named and _is_root(type, value) else "")


def _is_root(type: str, value: str) -> bool:
    """An exact page on a shared host is evidence; the host itself is everybody's."""
    if type != EntityType.URL:
        return type in (EntityType.DOMAIN, EntityType.IP)
    parts = urlsplit(value)
    return parts.path in ("", "/") and not parts.query


def _things(case: Case, findings: Sequence[Finding], actors: frozenset[str]) -> tuple[Thing, ...]:
    """Accounts, what findings rest on and what was reported; each once, by type and value."""
    reports = CaseReport.objects.filter(case=case.rests_on).order_by()
    pairs = set(reports.values_list("target_type", "target"))
    pairs |= {(one.anchor_type, one.anchor_value) for one in findings}
    pairs |= {(EntityType.ACCOUNT.value, one) for row in findings for one in row.subjects}
    pairs |= {(EntityType.ACCOUNT.value, one) for one in facts.accounts_of(case)}
    known = sorted(pair for pair in pairs if pair[0] in TYPES)
    lists = lists_of([pair for pair in known if pair[0] != EntityType.ACCOUNT])
    return tuple(_thing(*pair, actors, lists.get(pair, ())) for pair in known)
