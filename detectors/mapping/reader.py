"""A saved mapping as an adapter: JSON, NDJSON or CSV in, signals and refusals out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader
from typing import Any, Final, NamedTuple

import msgspec

from detectors.adapters.base import Adapter, Item, Meta, Outcome, Refusal, UnfitError
from detectors.adapters.kit import documents
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.fields import MAX_MANY
from detectors.adapters.kit.tables import CSV, header_problem, lines, written
from detectors.ingest.rows import rows_of
from detectors.mapping import spec
from detectors.mapping.apply import Mapped, draft, mapped, unread
from detectors.mapping.paths import Path
from detectors.mapping.paths import written as place_in_words
from detectors.mapping.plan import Plan
from detectors.schema import Kind

JSON_TYPES: Final = (documents.JSON, documents.NDJSON)
JSON_FILES: Final = (".ndjson", ".jsonl", ".json")
DEEP: Final = "nests too deep"
PREFIX: Final = "map:"
NO_ITEMS: Final = "items"
"""Code of a refusal whose raw is a whole document, not an item."""


class Piece(NamedTuple):
    """One item of a payload.

    root: where it stands; document: in what; around: what stands beside the first one of it.
    """

    item: Any
    root: str
    document: bytes = b""
    around: Any = None


class MappedAdapter(Adapter):
    """Reads what its plan says. label: under which dead letters remember it."""

    def __init__(self, plan: Plan, label: str) -> None:
        self.plan = plan
        is_csv = plan.spec.format == spec.CSV
        self.meta = Meta(
            slug=label,
            title=plan.name,
            doc="A saved mapping.",
            media_types=(CSV,) if is_csv else JSON_TYPES,
            suffixes=(".csv",) if is_csv else JSON_FILES,
            spec="docs/mapping.md",
            kinds=tuple(Kind),
            platforms="what the mapping says",
            time="what the mapping says",
            external_id="what the mapping says, else a digest of the item",
        )

    def alone(self) -> MappedAdapter:
        """The same for an item that was taken out of its payload: one JSON object."""
        spec_of_one = msgspec.structs.replace(self.plan.spec, format=spec.JSON, items="$")
        plan = replace(self.plan, spec=spec_of_one, items=Path(()))
        return MappedAdapter(plan, self.meta.slug)

    def stream(self, file: BufferedReader) -> Iterator[Outcome]:
        """The signals of every item."""
        around = None
        for piece in self.pieces(file):
            if isinstance(piece, Refusal):
                yield piece
                continue
            around = piece.around or around
            outcomes = list(self.outcomes(piece, around))
            if isinstance(outcomes[0], Item):
                around = None
            yield from outcomes

    def outcomes(self, piece: Piece, around: Any = None) -> Iterator[Outcome]:
        """What one item becomes: its signal and what did not fit into it, or one refusal."""
        try:
            done = self.apply(piece)
            if done.problems:
                first = done.problems[0]
                yield Refusal(first.place, first.code, first.sentence, _raw(piece))
            else:
                yield from _items(draft(self.plan, done, around), done)
        except UnfitError as error:
            yield error.refusal(_raw(piece))
        except RecursionError:
            yield Refusal(piece.root, "depth", DEEP, piece.document)

    def apply(self, piece: Piece) -> Mapped:
        """The item by the plan. Raises UnfitError where it is none."""
        if not isinstance(piece.item, dict):
            raise UnfitError(piece.root, "type", "must be an object")
        try:
            return mapped(self.plan, piece.item, piece.root)
        except RecursionError:
            raise UnfitError(piece.root, "depth", DEEP) from None

    def pieces(self, file: BufferedReader) -> Iterator[Piece | Refusal]:
        """The items of a payload, in order."""
        if self.plan.spec.format == spec.CSV:
            yield from self._rows(file)
            return
        for document in documents.documents(file):
            if isinstance(document, Refusal):
                yield document
            else:
                yield from self._items_of(document)

    def _items_of(self, document: documents.Document) -> Iterator[Piece | Refusal]:
        root, path = root_of(document.place), self.plan.items
        if not path.parts:
            yield Piece(document.value, root, document.raw)
            return
        found = path.find(document.value, limit=None)
        if not found:
            where = f"{root}{str(path)[1:]}"
            yield Refusal(where, NO_ITEMS, "leads to no item", document.raw)
            return
        around = None
        if isinstance(document.value, dict):
            around = unread(document.value, {place for place, _ in found})
        for place, item in found:
            yield Piece(item, f"{root}{place_in_words(place)[1:]}", document.raw, around)
            around = None

    def _rows(self, file: BufferedReader) -> Iterator[Piece | Refusal]:
        rows = csv.reader(lines(file), delimiter=self.plan.spec.delimiter)
        filled = (row for row in rows_of(rows) if any(row))
        first = next(filled, [])
        header = [] if isinstance(first, str) else [one.strip() for one in first]
        if problem := header_problem(header):
            yield Refusal("line 1", "format", problem, written(header))
            return
        for row in filled:
            root = f"line {rows.line_num} $"
            if isinstance(row, str):
                yield Refusal(root, "format", f"is no CSV: {row}", b"")
            elif len(row) > len(header):
                sentence = f"has {len(row)} cells for {len(header)} columns"
                yield Refusal(root, "size", sentence, written(row))
            else:
                yield Piece(dict(zip(header, row, strict=False)), root)


def label(slug: str, number: int) -> str:
    """How dead letters and imports name a version: `map:acme@3`."""
    return f"{PREFIX}{slug}@{number}"


def root_of(place: str) -> str:
    """`line 3.0` of the documents as the beginning of a path: `line 3 $[0]`."""
    if not place:
        return "$"
    if not place.startswith("line"):
        return f"$[{place}]"
    line, _, index = place.partition(".")
    return f"{line} $[{index}]" if index else f"{line} $"


def _items(made: Draft, done: Mapped) -> Iterator[Item]:
    """Signals of a draft; sketches, which it does not know, go with the first."""
    sketches = done.values.get("fingerprints", [])
    if len(sketches) > MAX_MANY:
        made.cut("fingerprints")
    for number, item in enumerate(made.items()):
        if sketches and not number:
            item.fields["fingerprints"] = sketches[:MAX_MANY]
        yield item


def _raw(piece: Piece) -> bytes:
    """The item; what is too deep to be written again stands in its document."""
    try:
        return msgspec.json.encode(piece.item)
    except RecursionError:
        return piece.document
