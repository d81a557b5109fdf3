"""What was observed and what can be looked for, as STIX objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cases.sharing import minimise, stix
from cases.sharing.facts import FindingFacts, Offer
from cases.sharing.minimise import DROPPED, SENT, Profile
from cases.sharing.pieces import Line, Mapped, common, how_sure, tie, time_line
from cases.sharing.stix import Object

INDICATED: Final = frozenset({"domain-name", "url", "ipv4-addr", "ipv6-addr", "file"})
_LEADS: Final = {
    True: "Seen in a campaign that was confirmed as abuse.",
    False: "Seen in a case that nobody has decided: look from here, do not act on it.",
}
_VALUE: Final = frozenset({"domain-name", "url", "ipv4-addr", "ipv6-addr"})


def add_finding(
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
    first = time_line(out, about, "first_observed", one.first_at, profile.level)
    last = time_line(out, about, "last_observed", one.last_at, profile.level)
    out.lines.append(Line(about, "signals", SENT, "count", after=str(one.signals)))
    seen = min(max(1, one.signals), 999_999_999)
    detector = {"detector": one.detector, "detector_version": one.version, "family": one.family}
    observed = out.add(
        {
            **common("observed-data", one.key, offer, profile),
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
                **common("sighting", f"{one.key}@{campaign}", offer, profile),
                "first_seen": first,
                "last_seen": last,
                "count": seen,
                "sighting_of_ref": campaign,
                "observed_data_refs": [observed],
                "where_sighted_refs": [offer.maker.id],
            }
        )
    return observed


def add_indicators(
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
                **common("indicator", source, offer, profile),
                **how_sure(offer.case.sure, offer),
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
            tie(out, ("indicates", indicator, campaign), offer, profile)
        for one in observed:
            if id in out.objects[one]["object_refs"]:
                tie(out, ("based-on", indicator, one), offer, profile)


def _pattern(seen: Object) -> str:
    if seen["type"] in _VALUE:
        compare = "ISSUBSET" if seen["type"].startswith("ip") and "/" in seen["value"] else "="
        return stix.pattern(seen["type"], "value", seen["value"], compare)
    ((name, value),) = seen["hashes"].items()
    return stix.pattern("file", f"hashes.'{name}'", value)
