"""A report, read: every row with its class, values, phase and notes. Pure and total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from detectors.intel.cells import read_cell
from detectors.intel.columns import Layout, Role, layout_of, type_of
from detectors.intel.decoding import Decoded
from detectors.intel.documents import grids_of
from detectors.intel.forms import Cell, Form, Kind, kind_of
from detectors.intel.grid import Grid
from detectors.intel.phases import How, phase_of
from detectors.watching.things import Thing

MAX_RAW: Final = 4_000
MAX_NOTE: Final = 2_000
MAX_EXTRA: Final = 300
MAX_PERCENT: Final = 100
MAX_DIGITS: Final = 9
_WORDS: Final = {"none": 0, "low": 15, "med": 50, "medium": 50, "moderate": 50, "high": 85}
_STRENGTH: Final = (Kind.ENTITY, Kind.CANDIDATE, Kind.AGGREGATE, Kind.NOTE, Kind.EMPTY)
_DAYS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%Y%m%d")
_NO_PHASE: Final = How("", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a report. number: from 1, over all its tables.

    said: the phase as written. opinion, confidence: where the format says them, else the batch
    does. uid: what its maker calls it; gone: it takes back what was said before; until: its end.
    """

    number: int
    raw: str
    form: Form
    things: tuple[Thing, ...] = ()
    message: str = ""
    heading: str = ""
    phase: How = _NO_PHASE
    said: str = ""
    technique: str = ""
    procedure: str = ""
    note: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    extra: dict[str, str] = field(default_factory=dict)
    opinion: str = ""
    confidence: int | None = None
    uid: str = ""
    tags: tuple[str, ...] = ()
    gone: bool = False
    until: datetime | None = None

    @property
    def kind(self) -> Kind:
        """What may become of it."""
        return kind_of(self.form)


@dataclass(frozen=True, slots=True)
class Report:
    """What was read. form: of the first table; titles: headers, and rows above them."""

    form: str
    encoding: str
    rows: tuple[Row, ...]
    titles: int = 0

    def counts(self) -> Counter[Form]:
        """Rows of each form."""
        return Counter(row.form for row in self.rows)


def read_report(said: Decoded) -> Report:
    """Read tables and text. Raises TooManyRowsError; anything else is told row by row."""
    rows: list[Row] = []
    titles, form = 0, ""
    for grid in grids_of(said.text):
        form = form or grid.form
        layout = layout_of(grid.rows, is_headed=grid.is_headed)
        titles += layout.first
        hint = type_of(grid.heading)
        for cells in grid.rows[layout.first :]:
            rows.append(_row(len(rows) + 1, cells, layout, grid, hint))
    return Report(form or "text", said.encoding, tuple(rows), titles)


def day_of(said: str) -> datetime | None:
    """A time that is written year first, or with a name of a month; 03/04/2024 is not guessed."""
    text = said.strip()
    if not text:
        return None
    try:
        return _aware(datetime.fromisoformat(text.replace("Z", "+00:00")))
    except OverflowError:
        return None
    except ValueError:
        pass
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _aware(moment: datetime) -> datetime:
    """In UTC: an offset may lead out of the years that can be stored."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def percent(said: str) -> int | None:
    """Confidence: a number of 0..100, or one of STIX's words."""
    text = said.strip().rstrip("%").strip().casefold()
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        number = int(text)
        return number if number <= MAX_PERCENT else None
    return _WORDS.get(text)


def _row(number: int, cells: Sequence[str], layout: Layout, grid: Grid, hint: str) -> Row:
    places = layout.places[Role.VALUE]
    declared = type_of(_joined(cells, layout, Role.TYPE))
    read = list(_read(cells, layout, declared, hint))
    cell = min((one for _, one in read), key=lambda one: _STRENGTH.index(one.kind), default=None)
    raws = [raw for raw, one in read if one.form is not Form.EMPTY]
    said = _joined(cells, layout, Role.PHASE)
    things = [thing for _, one in read if cell and one.kind is cell.kind for thing in one.things]
    return Row(
        number=number,
        raw=(" | ".join(raws) if places else " | ".join(filter(None, map(str.strip, cells))))[
            :MAX_RAW
        ],
        form=cell.form if cell else (Form.TEXT if any(map(str.strip, cells)) else Form.EMPTY),
        things=tuple(dict.fromkeys(things)),
        message=cell.message if cell else "",
        heading=grid.heading,
        phase=phase_of(said),
        said=said[:MAX_EXTRA],
        technique=_joined(cells, layout, Role.TECHNIQUE)[:MAX_EXTRA],
        procedure=_joined(cells, layout, Role.PROCEDURE)[:MAX_EXTRA],
        note=_joined(cells, layout, Role.NOTE, "\n")[:MAX_NOTE],
        first_seen=day_of(_joined(cells, layout, Role.SEEN)),
        last_seen=day_of(_joined(cells, layout, Role.LAST)),
        extra=dict(_extra(cells, layout)),
        confidence=percent(_joined(cells, layout, Role.CONFIDENCE)),
    )


def _read(
    cells: Sequence[str], layout: Layout, declared: str, hint: str
) -> Iterator[tuple[str, Cell]]:
    platform = _joined(cells, layout, Role.PLATFORM).lower()
    for place in layout.places[Role.VALUE]:
        raw = cells[place].strip() if place < len(cells) else ""
        kind = layout.columns[place].kind
        cell = read_cell(raw, declared=declared, hint=kind or hint)
        if cell.form is Form.HANDLE and platform:
            cell = Cell(Form.ACCOUNT, tuple(_on(platform, thing) for thing in cell.things))
        yield raw, cell


def _on(platform: str, thing: Thing) -> Thing:
    """A name and the platform it is a name on are an account."""
    slug = "-".join("".join(c if c.isalnum() else " " for c in platform).split())[:40]
    return ("account", f"{slug}:{thing[1]}") if slug.isascii() and slug else thing


def _joined(cells: Sequence[str], layout: Layout, role: Role, mark: str = " ") -> str:
    said = (cells[place].strip() for place in layout.places[role] if place < len(cells))
    return mark.join(one for one in said if one)


def _extra(cells: Sequence[str], layout: Layout) -> Iterator[tuple[str, str]]:
    """Columns that the desk has no field for, and cells beyond the header."""
    kept = {Role.OTHER, Role.TYPE, Role.SEEN, Role.LAST, Role.CONFIDENCE, Role.PLATFORM}
    for place, cell in enumerate(cells):
        column = layout.columns[place] if place < len(layout.columns) else None
        if cell.strip() and (column is None or column.role in kept):
            name = column.name if column and column.name else f"column {place + 1}"
            yield name[:60], cell.strip()[:MAX_EXTRA]
