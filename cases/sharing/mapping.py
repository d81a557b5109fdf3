"""A case as STIX 2.1 objects for one profile, with what became of every field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cases.sharing import minimise, stix, tlp
from cases.sharing.facts import OPINIONS, CampaignFacts, FindingFacts, NoteFacts, Offer
from cases.sharing.minimise import DROPPED, HMAC, SENT, TRUNCATED, Fate, Profile, Thing
from cases.sharing.stix import Object

SEED: Final = "investigation-seed"
SEED_AT_MOST: Final = 29
"""Confidence above which nobody would take it for a lead only."""
INDICATED: Final = frozenset({"domain-name", "url", "ipv4-addr", "ipv6-addr", "file"})
_LEADS: Final = {
    True: "Seen in a campaign that was confirmed as abuse.",
    False: "Seen in a case that nobody has decided: look from here, do not act on it.",
}
_VALUE: Final = frozenset({"domain-name", "url", "ipv4-addr", "ipv6-addr"})


@dataclass(frozen=True, slots=True)
class Line:
    """One field of one thing in the preview: what was there, what leaves of it, by which rule."""

    about: str
    field: str
    how: str
    rule: str
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Mapped:
    """Objects in the order in which they were made, each once; lines of the preview.

    level: of all of it. withheld: (type, value) of everything that must occur nowhere in what
    leaves. subjects: (type, value, how, id) of each thing of which something leaves. rows: a line
    of the table for each of them.
    """

    level: str
    objects: dict[str, Object] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    withheld: list[tuple[str, str]] = field(default_factory=list)
    subjects: list[tuple[str, str, str, str]] = field(default_factory=list)
    ids: dict[Thing, str] = field(default_factory=dict)
    rows: list[tuple[Thing, Fate]] = field(default_factory=list)

    def add(self, one: Object) -> str:
        self.objects.setdefault(one["id"], one)
        return str(one["id"])


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
        if (made := _finding(out, one, campaigns, offer, profile))
    ]
    _indicators(out, campaigns, observed, offer, profile)
    core = [*campaigns, *observed] or list(out.ids.values())
    core = core or [offer.maker.id]
    whole = _whole(out, core, offer, profile)
    _decision(out, campaigns or whole[-1:], offer, profile)
    for note in offer.case.notes:
        _note(out, note, whole[-1:], offer, profile)
    out.lines.append(Line(about, "reporters and reviewers", DROPPED, "person-never"))
    return out


def observable_of(thing: Thing, fate: Fate, level: str) -> Object:
    """The observable that carries what leaves of a thing."""
    value = fate.value
    if fate.how == HMAC or thing.type not in _CARRIERS:
        return stix.observable("user-account", level, account_type=thing.type, user_id=value)
    type, properties = _CARRIERS[thing.type](value)
    return stix.observable(type, level, **properties)


def _account(value: str) -> tuple[str, dict[str, Any]]:
    platform, _, actor = value.partition(":")
    return "user-account", {"account_type": platform, "user_id": actor}


def _address(value: str) -> tuple[str, dict[str, Any]]:
    return "ipv6-addr" if ":" in value else "ipv4-addr", {"value": value}


def _file(value: str) -> tuple[str, dict[str, Any]]:
    return "file", {"hashes": {stix.HASH_OF_LENGTH[len(value)]: value}}


# Type of a thing that leaves as it is -> its observable. Every other type travels as an account of
# its own type, as does every keyed hash: an `hmac:` in an address would be no address.
_CARRIERS: Final[dict[str, Callable[[str], tuple[str, dict[str, Any]]]]] = {
    "account": _account,
    "domain": lambda value: ("domain-name", {"value": value}),
    "url": lambda value: ("url", {"value": value}),
    "ip": _address,
    "hash": _file,
}


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


def _common(type: str, source: str, offer: Offer, profile: Profile) -> Object:
    """What every domain object and relationship bears."""
    named = offer.name_of(type, source)
    return {
        "type": type,
        "spec_version": "2.1",
        "id": named.id,
        "created_by_ref": offer.maker.id,
        "created": stix.moment(named.created),
        "modified": stix.moment(offer.at),
        "object_marking_refs": [tlp.MARKING[profile.level]],
    }


def _sure(probability: float, offer: Offer) -> dict[str, Any]:
    """Confidence, 0 to 100; what nobody confirmed is a lead, and says so."""
    said = round(100 * min(1.0, max(0.0, probability)))
    if offer.case.confirmed:
        return {"confidence": said}
    return {"confidence": min(said, SEED_AT_MOST), "labels": [SEED]}


def _time(out: Mapped, about: str, name: str, at: datetime, level: str) -> str:
    cut, rule = minimise.time_of(at, level)
    how = SENT if cut == at.replace(microsecond=0) else TRUNCATED
    out.lines.append(Line(about, name, how, rule, before=stix.moment(at), after=stix.moment(cut)))
    return stix.moment(cut)


def _campaign(out: Mapped, one: CampaignFacts, offer: Offer, profile: Profile) -> str:
    about = one.key
    out.lines.append(Line(about, "accounts", SENT, "count", after=str(one.size)))
    made = {
        **_common("campaign", one.key, offer, profile),
        **_sure(one.sure, offer),
        "name": offer.title,
        "first_seen": _time(out, about, "first_seen", one.first_at, profile.level),
        "last_seen": _time(out, about, "last_seen", one.last_at, profile.level),
        "extensions": stix.own_fields(accounts=one.size, pap=offer.pap),
    }
    campaign = out.add(made)
    for thing, id in out.ids.items():
        if thing.type == "account":
            _tie(out, ("related-to", id, campaign), offer, profile)
    return campaign


def _finding(
    out: Mapped, one: FindingFacts, campaigns: Sequence[str], offer: Offer, profile: Profile
) -> str | None:
    """Observed data and its sighting, when anything of what was observed leaves."""
    about = one.key
    if one.sentence:
        out.lines.append(Line(about, "sentence", DROPPED, "internal-text"))
    refs = sorted({out.ids[thing] for thing in (one.anchor, *one.accounts) if thing in out.ids})
    if not refs:
        out.lines.append(Line(about, "observation", DROPPED, "closure"))
        return None
    first = _time(out, about, "first_observed", one.first_at, profile.level)
    last = _time(out, about, "last_observed", one.last_at, profile.level)
    out.lines.append(Line(about, "signals", SENT, "count", after=str(one.signals)))
    seen = min(max(1, one.signals), 999_999_999)
    detector = {"detector": one.detector, "detector_version": one.version, "family": one.family}
    observed = out.add(
        {
            **_common("observed-data", one.key, offer, profile),
            "first_observed": first,
            "last_observed": last,
            "number_observed": seen,
            "object_refs": refs,
            "extensions": stix.own_fields(**detector),
        }
    )
    for campaign in campaigns:
        out.add(
            {
                **_common("sighting", f"{one.key}@{campaign}", offer, profile),
                "first_seen": first,
                "last_seen": last,
                "count": seen,
                "sighting_of_ref": campaign,
                "observed_data_refs": [observed],
                "where_sighted_refs": [offer.maker.id],
            }
        )
    return observed


def _indicators(
    out: Mapped,
    campaigns: Sequence[str],
    observed: Sequence[str],
    offer: Offer,
    profile: Profile,
) -> None:
    """A pattern for every value that leaves whole or cut and that a machine can look for."""
    until = stix.moment(offer.valid_until)
    since, _ = minimise.time_of(offer.case.opened_at, profile.level)
    for thing, id in out.ids.items():
        seen = out.objects[id]
        if seen["type"] not in INDICATED:
            continue
        source = f"{seen['type']} {id}"
        indicator = out.add(
            {
                **_common("indicator", source, offer, profile),
                **_sure(offer.case.sure, offer),
                "name": f"{thing.type} of {offer.title}",
                "description": _LEADS[offer.case.confirmed],
                "indicator_types": ["malicious-activity" if offer.case.confirmed else "unknown"],
                "pattern": _pattern(seen),
                "pattern_type": "stix",
                "pattern_version": "2.1",
                "valid_from": stix.moment(since),
                "valid_until": until,
                "extensions": stix.own_fields(pap=offer.pap),
            }
        )
        for campaign in campaigns:
            _tie(out, ("indicates", indicator, campaign), offer, profile)
        for one in observed:
            if id in out.objects[one]["object_refs"]:
                _tie(out, ("based-on", indicator, one), offer, profile)


def _pattern(seen: Object) -> str:
    if seen["type"] in _VALUE:
        compare = "ISSUBSET" if seen["type"].startswith("ip") and "/" in seen["value"] else "="
        return stix.pattern(seen["type"], "value", seen["value"], compare)
    ((name, value),) = seen["hashes"].items()
    return stix.pattern("file", f"hashes.'{name}'", value)


def _tie(out: Mapped, tie: tuple[str, str, str], offer: Offer, profile: Profile) -> None:
    kind, source, target = tie
    out.add(
        {
            **_common("relationship", " ".join(tie), offer, profile),
            "relationship_type": kind,
            "source_ref": source,
            "target_ref": target,
        }
    )


def _whole(out: Mapped, core: Sequence[str], offer: Offer, profile: Profile) -> list[str]:
    """The grouping of an open case; a closed one is a report as well, which goes back to it."""
    case = offer.case
    made = [
        out.add(
            {
                **_common("grouping", case.key, offer, profile),
                **_sure(case.sure, offer),
                **_said(offer),
                "context": "suspicious-activity",
                "object_refs": _with_things(core, out),
                "extensions": stix.own_fields(pap=offer.pap),
            }
        )
    ]
    if case.closed_at is not None:
        report = {
            **_common("report", case.key, offer, profile),
            **_sure(case.sure, offer),
            **_said(offer),
            "report_types": ["campaign"],
            "published": stix.moment(offer.at),
            "object_refs": _with_things(core, out),
            "extensions": stix.own_fields(pap=offer.pap),
        }
        made.append(out.add(report))
        _tie(out, ("related-to", made[1], made[0]), offer, profile)
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
            **_common("note", decision.key, offer, profile),
            "abstract": "decision",
            "content": f"{', '.join(said)}.",
            "authors": ["reviewer"],
            "object_refs": about,
        }
    )
    out.add(
        {
            **_common("opinion", decision.key, offer, profile),
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
            **_common("note", note.key, offer, profile),
            "abstract": "note",
            "content": note.body,
            "authors": ["reviewer"],
            "object_refs": list(refs),
        }
    )
