"""What the gate is given: a case as it stands, and what its author decided about the share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cases.sharing.minimise import Thing
from detectors.intel.misp.writing import SharingGroup

ABUSE: Final = "abuse"
# Outcome -> how its note says it, and the opinion of the campaign that it amounts to.
OPINIONS: Final = {
    "abuse": ("Abuse confirmed", "agree"),
    "legitimate": ("Coordinated, legitimate", "disagree"),
    "no_abuse": ("No abuse", "disagree"),
    "unsure": ("Cannot tell", "neutral"),
}


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """One campaign. key: names it among the sources of objects. sure: probability, 0..1."""

    key: str
    first_at: datetime
    last_at: datetime
    size: int
    sure: float


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """One finding in force. anchor, accounts: what it observed; sentence: never leaves."""

    key: str
    detector: str
    version: int
    family: str
    first_at: datetime
    last_at: datetime
    signals: int
    anchor: Thing
    accounts: tuple[Thing, ...]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """A note that was written for partners."""

    key: str
    body: str
    level: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """The decision in force. reason: never leaves. confidence: low, medium, high or nothing."""

    key: str
    outcome: str
    at: datetime
    confidence: str = ""
    policy: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case. things: what it is about, in order, each once. level: its own TLP.

    left_out: so many more things and findings than one share holds.
    """

    key: str
    ref: str
    level: str
    opened_at: datetime
    sure: float
    closed_at: datetime | None = None
    campaigns: tuple[CampaignFacts, ...] = ()
    findings: tuple[FindingFacts, ...] = ()
    notes: tuple[NoteFacts, ...] = ()
    decision: DecisionFacts | None = None
    things: tuple[Thing, ...] = ()
    left_out: int = 0

    @property
    def confirmed(self) -> bool:
        """Whether somebody decided that it is abuse; until then all of it is a lead."""
        return self.decision is not None and self.decision.outcome == ABUSE


@dataclass(frozen=True, slots=True)
class Maker:
    """The organisation whose desk this is. id: of its identity object."""

    id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Named:
    """Id and birth of one object, kept for one source and one profile."""

    id: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A case that is to be shared. at: `modified` of its objects, in milliseconds.

    name_of: (type, source) -> the id of that object for the profile that is rendered. group: as
    MISP calls the circle. before: the MISP event that is out for this profile.
    """

    case: CaseFacts
    level: str
    pap: str
    title: str
    summary: str
    valid_until: datetime
    at: datetime
    maker: Maker
    name_of: Callable[[str, str], Named] = field(repr=False)
    group: SharingGroup | None = None
    before: dict[str, Any] | None = field(default=None, repr=False)
