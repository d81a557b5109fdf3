"""The adapter contract: what an adapter declares, what it is given, what it yields."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from detectors.schema import Kind

MAX_PART: Final = 16 * 1024 * 1024
"""What is read at once: a document, a line or a message. A file of any size costs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The fixed facts of an adapter; `docs/adapters.md` is made from them."""

    slug: str
    title: str
    doc: str
    """One paragraph for the person who connects it."""
    media_types: tuple[str, ...]
    suffixes: tuple[str, ...]
    """How names of its files end; `.gz` may follow."""
    spec: str
    """Where the format is specified."""
    kinds: tuple[Kind, ...]
    platforms: str
    """Which `platform` its signals name."""
    time: str
    """Where `occurred_at` comes from."""
    external_id: str
    """What `external_id` is made of."""
    once: bool = False
    """The external id alone names a thing: what is known by it is known, whatever time it bears,
    so an item without a time may get the time of receipt."""


class Item(NamedTuple):
    """One signal in the making: fields of the contract, not validated yet."""

    fields: dict[str, Any]


class Refusal(NamedTuple):
    """A piece of a payload that no signal can be made of. place: where it stands."""

    place: str
    code: str
    sentence: str
    raw: bytes


class UnfitError(Exception):
    """Raised where an adapter cannot go on with a piece; becomes a Refusal.

    sentence: goes on after the place: `is required`, `must be an object`.
    """

    def __init__(self, place: str, code: str, sentence: str) -> None:
        super().__init__(f"{place} {sentence}")
        self.place, self.code, self.sentence = place, code, sentence

    def refusal(self, raw: bytes) -> Refusal:
        """The refusal of the piece that `raw` is."""
        return Refusal(self.place, self.code, self.sentence, raw)


Outcome = Item | Refusal


class Adapter:
    """Reads one foreign format. Pure: the same bytes give the same outcomes.

    Bytes come from anybody: an adapter raises nothing, whatever they are, and does work that grows
    no faster than they do.
    """

    meta: Meta

    def read(self, body: bytes) -> Iterator[Outcome]:
        """Signals of a payload, and what could be none, in its order."""
        return self.stream(io.BufferedReader(io.BytesIO(body)))

    def stream(self, file: io.BufferedReader) -> Iterator[Outcome]:
        """The same from a file, which is read piece by piece (MAX_PART)."""
        raise NotImplementedError


def attempt(outcomes: Iterator[Outcome], raw: Callable[[], bytes]) -> Iterator[Outcome]:
    """Outcomes of one piece; when it turns out unfit, its refusal ends them."""
    try:
        yield from outcomes
    except UnfitError as error:
        yield error.refusal(raw())
