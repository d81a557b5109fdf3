"""What everything in one import has in common: who says it, how sure, how far it may travel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from abusedesk.core.errors import InvalidError
from detectors.choices import Opinion, Tlp
from detectors.intel.decay import LEAST, base_of
from detectors.watching.lines import MAX_NOTE, MAX_SOURCE

MIN_DAYS, MAX_DAYS, DAYS = 1, 400, 365
TRUST: Final = 0.7
CONFIDENCE: Final = 80
SEED_CONFIDENCE: Final = 29
MAX_LICENCE, MAX_REFERENCE = 60, 500
_TEXTS: Final = (("licence", MAX_LICENCE), ("reference", MAX_REFERENCE), ("note", MAX_NOTE))
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """trust: of the source, 0..1; confidence: its own, 0..100; days: after which all of it ends."""

    source: str
    trust: float = TRUST
    confidence: int = CONFIDENCE
    opinion: str = Opinion.POSITIVE
    tlp: str = Tlp.AMBER
    licence: str = ""
    reference: str = ""
    note: str = ""
    days: int = DAYS


def check(terms: BatchTerms) -> None:
    """Raises InvalidError naming the field."""
    if not 0 < len(terms.source) <= MAX_SOURCE or terms.source != terms.source.strip():
        _refuse("source", f"The source is 1 to {MAX_SOURCE} characters: who says this?")
    if "\0" in terms.source:
        _refuse("source", "The source is text.")
    for name, most in _TEXTS:
        said = getattr(terms, name)
        if len(said) > most or "\0" in said:
            _refuse(name, f"At most {most} characters.")
    if not math.isfinite(terms.trust) or not 0 <= terms.trust <= 1:
        _refuse("trust", "Trust lies between 0 and 1.")
    if not 0 <= terms.confidence <= _PERCENT:
        _refuse("confidence", "Confidence lies between 0 and 100.")
    if not MIN_DAYS <= terms.days <= MAX_DAYS:
        _refuse("days", f"It ends after {MIN_DAYS} to {MAX_DAYS} days.")
    _check_meaning(terms)


def _check_meaning(terms: BatchTerms) -> None:
    if terms.opinion not in Opinion.values:
        _refuse("opinion", f"Use one of {', '.join(Opinion.values)}.")
    if terms.tlp not in Tlp.values:
        _refuse("tlp", f"Use one of {', '.join(Tlp.values)}.")
    if terms.tlp == Tlp.RED:
        _refuse(
            "tlp", "TLP:RED is for named people; it must not be kept in a list that machines read."
        )
    if terms.opinion == Opinion.SEED and terms.confidence > SEED_CONFIDENCE:
        _refuse("confidence", f"A seed only says where to look: at most {SEED_CONFIDENCE}.")
    base = base_of(terms.trust, terms.confidence)
    if terms.opinion == Opinion.POSITIVE and base <= LEAST:
        _refuse(
            "confidence",
            f"Trust times confidence is {base:.0f} of 100; up to {LEAST:.0f} nothing matches.",
        )


def _refuse(name: str, message: str) -> None:
    raise InvalidError(message, field=name)
