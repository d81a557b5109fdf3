"""A case as STIX 2.1 objects for one profile, with what became of every field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cases.sharing import minimise, stix, tlp
from cases.sharing.facts import OPINIONS, CampaignFacts, NoteFacts, Offer
from cases.sharing.minimise import DROPPED, SENT, Profile, Thing
from cases.sharing.observing import add_finding, add_indicators
from cases.sharing.pieces import (
    Line,
    Mapped,
    common,
    how_sure,
    observable_of,
    tie,
    time_line,
)


def mapped(offer: Offer, profile: Profile) -> Mapped:
    """All that leaves to partners of this profile."""
    out = Mapped(profile.level)
    about = offer.case.ref
    _frame(out, offer, profile)
    _say_case(out, offer)
    for thing in offer.case.things:
        _thing(out, thing, offer, profile)
    campaigns = [_campaign(out, one, offer, profile) for one in offer.case.campaigns]
    observed = [
        made
        for one in offer.case.findings
        if (made := add_finding(out, one, campaigns, offer, profile))
    ]
    add_indicators(out, campaigns, observed, offer, profile)
    core = [*campaigns, *observed] or list(out.ids.values())
    core = core or [offer.maker.id]
    whole = _whole(out, core, offer, profile)
    _decision(out, campaigns or whole[-1:], offer, profile)
    for note in offer.case.notes:
        _note(out, note, whole[-1:], offer, profile)
    out.lines.append(Line(about, "reporters and reviewers", DROPPED, "person-never"))
    return out


def _frame(out: Mapped, offer: Offer, profile: Profile) -> None:
    """Markings, who made it, the definition of own fields."""
    out.add(tlp.definition(tlp.CLEAR))
    out.add(tlp.definition(profile.level))
    maker = offer.maker
    out.add(stix.identity(id=maker.id, name=maker.name, at=maker.since))
    for one in stix.extension():
        out.add(one)


def _say_case(out: Mapped, offer: Offer) -> None:
    """What the preview says of the case itself."""
    about, case = offer.case.ref, offer.case
    out.lines += [
        Line(about, "title", SENT, "written-summary", after=offer.title),
        Line(about, "summary", SENT, "written-summary", after=offer.summary),
        Line(about, "sentences of detectors", DROPPED, "internal-text"),
        Line(about, "internal notes", DROPPED, "internal-text"),
    ]
    if case.left_out:
        said = f"{case.left_out} more things and findings"
        out.lines.append(Line(about, said, DROPPED, "limit"))
    if case.decision is not None and case.decision.reason:
        out.lines.append(Line(about, "reason of the decision", DROPPED, "internal-text"))


def _thing(out: Mapped, thing: Thing, offer: Offer, profile: Profile) -> None:
    """One thing, if anything of it leaves, and its line in the preview."""
    fate = minimise.fate_of(thing, profile)
    out.lines.append(
        Line(thing.type, "value", fate.how, fate.rule, before=thing.value, after=fate.value)
    )
    out.withheld += minimise.secrets_of(thing, fate)
    if fate.how == DROPPED:
        return
    made = observable_of(thing, fate, profile.level)
    out.ids[thing] = out.add(made)
    out.subjects.append((thing.type, thing.value, fate.how, made["id"]))
    out.rows.append((thing, fate))


def _campaign(out: Mapped, one: CampaignFacts, offer: Offer, profile: Profile) -> str:
    about = one.key
    out.lines.append(Line(about, "accounts", SENT, "count", after=str(one.size)))
    made = {
        **common("campaign", one.key, offer, profile),
        **how_sure(one.sure, offer),
        "name": offer.title,
        "first_seen": time_line(out, about, "first_seen", one.first_at, profile.level),
        "last_seen": time_line(out, about, "last_seen", one.last_at, profile.level),
        "extensions": stix.own_fields(accounts=one.size, pap=offer.pap),
    }
    campaign = out.add(made)
    for thing, id in out.ids.items():
        if thing.type == "account":
            tie(out, ("related-to", id, campaign), offer, profile)
    return campaign


def _whole(out: Mapped, core: Sequence[str], offer: Offer, profile: Profile) -> list[str]:
    """The grouping of an open case; a closed one is a report as well, which goes back to it."""
    case = offer.case
    made = [
        out.add(
            {
                **common("grouping", case.key, offer, profile),
                **how_sure(case.sure, offer),
                **_said(offer),
                "context": "suspicious-activity",
                "object_refs": _with_things(core, out),
                "extensions": stix.own_fields(pap=offer.pap),
            }
        )
    ]
    if case.closed_at is not None:
        report = {
            **common("report", case.key, offer, profile),
            **how_sure(case.sure, offer),
            **_said(offer),
            "report_types": ["campaign"],
            "published": stix.moment(offer.at),
            "object_refs": _with_things(core, out),
            "extensions": stix.own_fields(pap=offer.pap),
        }
        made.append(out.add(report))
        tie(out, ("related-to", made[1], made[0]), offer, profile)
    return made


def _said(offer: Offer) -> dict[str, str]:
    text = {"name": offer.title}
    return text | ({"description": offer.summary} if offer.summary else {})


def _with_things(core: Sequence[str], out: Mapped) -> list[str]:
    """Everything that the case holds: campaigns, observations, things, indicators."""
    kept = (id for id, one in out.objects.items() if one["type"] in ("indicator", "relationship"))
    return list(dict.fromkeys([*core, *out.ids.values(), *kept]))


def _decision(out: Mapped, refs: Iterable[str], offer: Offer, profile: Profile) -> None:
    """What was decided, by a role and not by a person."""
    decision = offer.case.decision
    if decision is None:
        return
    words, opinion = OPINIONS[decision.outcome]
    about = list(refs)
    said = [words, *_more_of(decision.confidence, decision.policy)]
    out.lines.append(Line(offer.case.ref, "decision", SENT, "count", after=", ".join(said)))
    out.add(
        {
            **common("note", decision.key, offer, profile),
            "abstract": "decision",
            "content": f"{', '.join(said)}.",
            "authors": ["reviewer"],
            "object_refs": about,
        }
    )
    out.add(
        {
            **common("opinion", decision.key, offer, profile),
            "opinion": opinion,
            "authors": ["reviewer"],
            "object_refs": about,
        }
    )


def _more_of(confidence: str, under: str) -> Iterator[str]:
    if confidence:
        yield f"confidence {confidence}"
    if under:
        yield f"under the policy {under}"


def _note(
    out: Mapped, note: NoteFacts, refs: Sequence[str], offer: Offer, profile: Profile
) -> None:
    if tlp.rank(note.level) > tlp.rank(profile.level):
        out.lines.append(Line(note.key, "body", DROPPED, "note-tlp", before=note.body))
        out.withheld.append(("text", note.body))
        return
    out.lines.append(Line(note.key, "body", SENT, "shared-note", after=note.body))
    out.add(
        {
            **common("note", note.key, offer, profile),
            "abstract": "note",
            "content": note.body,
            "authors": ["reviewer"],
            "object_refs": list(refs),
        }
    )
