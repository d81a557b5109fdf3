"""A stored finding scored again from the signals it cites, as they are or as they might be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from django.conf import settings

from abusedesk.core.models import User
from detectors import registry, stream
from detectors.base import BaseParams, Key, Rescored, Score, Signal, Told
from detectors.models import Finding
from detectors.needs import missing
from detectors.recompute import score_again
from detectors.selectors.finding import finding_by_id

CHANGED: Final = "The finding was made by version {had} of the detector; the desk runs {has}."
POPULATION: Final = (
    "This detector compares with a population that its findings do not hold. The numbers it used"
    " are listed with the finding."
)
MISSING: Final = "It compares with {packages}, which is not installed here."
SAMPLED: Final = "It cites {cited} of its {total} signals, so that it cannot be scored again."


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is supposed of one cited signal; a field that is None stays as it is."""

    leave_out: bool = False
    at: float | None = None
    text: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What was stored, and what the same signals say now.

    why_not: why it cannot be done; empty when it was done. again: None when the finding does not
    hold any more. missing: cited signals that were purged.
    """

    finding: Finding
    stored: Score
    again: Score | None = None
    why_not: str = ""
    missing: int = 0

    @property
    def same(self) -> bool:
        """Whether the stored score came out again."""
        return not self.why_not and self.again == self.stored

    @property
    def accounts_lost(self) -> tuple[str, ...]:
        """Accounts that the finding names no more."""
        left = self.again.subjects if self.again else ()
        return tuple(name for name in self.stored.subjects if name not in left)


def rescored_by_id(
    finding_id: int, viewer: User, changes: Mapping[int, Change] | None = None
) -> Recomputed:
    """Score one finding again: stored version, stored parameters, cited signals. Stores nothing.

    changes: by id of a cited signal. Raises NotFoundError, also for what the viewer may not see.
    """
    finding = finding_by_id(finding_id, viewer)
    stored = Score(finding.score, finding.llr, tuple(finding.subjects))
    if why_not := _why_not(finding):
        return Recomputed(finding, stored, why_not=why_not)
    kind = registry.get(finding.detector)
    params: BaseParams = kind.Params.model_validate(finding.config.params)
    signals = stream.signals_by_id(finding.signal_ids)
    told = Told(
        Key(finding.anchor_type, finding.anchor_value),
        stored.subjects,
        finding.values,
        finding.constants,
    )
    supposed = _supposed(signals, changes or {})
    again = score_again(kind, params, told, supposed, settings.SECRET_KEY.encode(), stream.told_by)
    return Recomputed(finding, stored, again, missing=len(finding.signal_ids) - len(signals))


def _why_not(finding: Finding) -> str:
    meta = registry.get(finding.detector).meta
    if finding.version != meta.version:
        return CHANGED.format(had=finding.version, has=meta.version)
    if meta.rescored is Rescored.POPULATION:
        return POPULATION
    if packages := missing(meta):
        return MISSING.format(packages=" and ".join(packages))
    cited = len(finding.signal_ids)
    if finding.signal_total > cited:
        return SAMPLED.format(cited=cited, total=finding.signal_total)
    return ""


def _supposed(signals: Sequence[Signal], changes: Mapping[int, Change]) -> list[Signal]:
    found = []
    for signal in signals:
        change = changes.get(signal.id, Change())
        if change.leave_out:
            continue
        told = {"at": change.at, "text": change.text, "actor": change.actor}
        new = {name: value for name, value in told.items() if value is not None}
        found.append(msgspec.structs.replace(signal, **new) if new else signal)
    return found
