"""What the retention pages show of a plan: one block a month, one row a source and kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms

from detectors.choices import HoldKind
from detectors.engine import OWN_KINDS
from detectors.models import PurgeRun, Source
from detectors.purging.plan import FATES, GOES, Month, load_months
from detectors.schema import Kind
from detectors.services.retention import MAX_DAYS

UNITS = ("B", "kB", "MB", "GB", "TB")
STEP = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """Signals of one source and kind in one month, by what happens to them."""

    source: str
    kind: str
    fates: list[int]


@dataclass(frozen=True, slots=True)
class Block:
    """One month of a plan. how: whether its partition is dropped; gone: deleted so far."""

    month: str
    how: str
    freed: str
    gone: int
    fates: list[int]
    rows: list[Row]


class RuleForm(forms.Form):
    """How long signals are kept."""

    source = forms.ModelChoiceField(
        Source.objects.all(), required=False, empty_label="every source", to_field_name="slug"
    )
    kind = forms.ChoiceField(
        choices=[("", "every kind"), *((one.value, one.value) for one in Kind)], required=False
    )
    days = forms.IntegerField(
        label="Keep for days",
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text="Counted from when it happened. Empty: keep for good.",
    )


class HoldForm(forms.Form):
    """A legal hold."""

    kind = forms.ChoiceField(label="On", choices=HoldKind.choices)
    target = forms.CharField(
        label="Which",
        max_length=242,
        help_text="Slug of the source, the account as platform:name, or the case as AD-12.",
    )
    reason = forms.CharField(max_length=500)


class PurgeForm(forms.Form):
    """The typed confirmation: how many signals will go."""

    signals = forms.IntegerField(label="Type the number of signals that will go", min_value=0)


def blocks(run: PurgeRun, sources: Mapping[int, str]) -> list[Block]:
    """The months of a plan. sources: id -> title."""
    return [_block(month, sources) for month in load_months(run.months) if month.lines]


def size(count: int) -> str:
    """`1.2 MB`."""
    value, at = float(count), 0
    while value >= STEP and at < len(UNITS) - 1:
        value, at = value / STEP, at + 1
    return f"{value:.1f} {UNITS[at]}" if at else f"{count} B"


def _block(month: Month, sources: Mapping[int, str]) -> Block:
    rows: dict[tuple[str, str], list[int]] = {}
    for line in month.lines:
        who = "the desk itself" if line.kind in OWN_KINDS else sources.get(line.source, "?")
        fates = rows.setdefault((who, line.kind), [0] * len(FATES))
        fates[FATES.index(line.fate)] += line.signals
    return Block(
        month=month.month,
        how="" if not month.of(GOES) else "dropped as a whole" if month.whole else "row by row",
        freed=size(month.freed),
        gone=month.gone,
        fates=[month.of(fate) for fate in FATES],
        rows=[Row(who, kind, fates) for (who, kind), fates in sorted(rows.items())],
    )
