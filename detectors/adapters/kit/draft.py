"""A signal while an adapter writes it: filled freely, bounded once at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from detectors import normalise
from detectors.adapters.base import Item
from detectors.adapters.kit.bounds import Budget, clean, name_of, one_line, within_bytes
from detectors.adapters.kit.fields import (
    MAX_MANY,
    MAX_SHORT,
    MAX_URL,
    ai,
    filled,
    identifiers,
    lists,
    profile,
)
from detectors.schema import MAX_TEXT_BYTES, Kind

MAX_VALUE: Final = 500
MAX_SLUG: Final = 40
ATTRIBUTES: Final = 12 * 1024
"""Bytes for what an adapter puts into `attributes`; what is cut is named in the room left over."""

_NO_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True, kw_only=True)
class Draft:
    """Fields of one signal. at: empty where the payload says no time.

    spill: what is above the limits of one signal goes into further ones of the same group, whose
    ids end in `#2`, `#3`, ...; else it is cut. Cuts are named in `attributes.truncated`.
    """

    kind: Kind
    platform: str
    external_id: str
    at: str = ""
    actor: str = ""
    text: str = ""
    profile: dict[str, Any] = field(default_factory=dict)
    ai: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    spill: bool = False
    _urls: dict[str, None] = field(default_factory=dict)
    _objects: dict[str, None] = field(default_factory=dict)
    _identifiers: dict[str, dict[str, None]] = field(default_factory=dict)
    _cuts: list[str] = field(default_factory=list)

    def link(self, *urls: str) -> None:
        """Web addresses; one that is none becomes an object, so that it is an entity as well."""
        for url in urls:
            text = one_line(url)
            if len(text) > MAX_URL or normalise.canonical_url(text):
                self._urls[text] = None
            else:
                self.about("url", text)

    def about(self, type: str, *values: str) -> None:
        """What was acted on or spoken of."""
        for value in values:
            if text := one_line(value):
                self._objects[f"{type}:{name_of(text, MAX_VALUE - len(type) - 1)}"] = None

    def account(self, platform: str, actor: str) -> None:
        """An account that is spoken of, under the name that detectors give it."""
        if actor:
            self.about("account", f"{platform}:{actor}")

    def identify(self, type: str, *values: str) -> None:
        """What the actor was seen with."""
        for value in values:
            if text := one_line(value):
                self._identifiers.setdefault(type, {})[name_of(text, MAX_VALUE)] = None

    def cut(self, name: str) -> None:
        """Say that the adapter itself did not read all of it."""
        self._cuts.append(name)

    def keep(self, format: str, rest: Mapping[str, Any], **said: Any) -> None:
        """What the contract has no field for, below the format's name, so that no foreign field can
        pass for one that a detector reads. said: what the adapter adds; it wins."""
        others = {name: value for name, value in rest.items() if name not in said}
        self.attributes[format] = filled(said) | others

    def items(self) -> Iterator[Item]:
        """The signal, bounded, and the further ones of its group."""
        urls, objects = list(self._urls), list(self._objects)
        budget = Budget(ATTRIBUTES)
        for name in self._cuts:
            budget.cut(name)
        fields = self._head(self.external_id)
        fields |= self._body(budget) | lists(urls[:MAX_MANY], objects[:MAX_MANY], budget)
        is_more = max(len(urls), len(objects)) > MAX_MANY
        if is_more and not self.spill:
            for name, values in (("urls", urls), ("objects", objects)):
                if len(values) > MAX_MANY:
                    budget.cut(name)
        attributes = budget.fit(self.attributes, "")
        yield _item(fields, attributes, budget)
        if is_more and self.spill:
            yield from self._spilled(urls, objects)

    def _spilled(self, urls: list[str], objects: list[str]) -> Iterator[Item]:
        group = name_of(one_line(self.external_id), MAX_SHORT - 10)
        for number, start in enumerate(range(MAX_MANY, max(len(urls), len(objects)), MAX_MANY), 2):
            budget = Budget(ATTRIBUTES)
            part = slice(start, start + MAX_MANY)
            fields = self._head(f"{group}#{number}") | lists(urls[part], objects[part], budget)
            yield _item(fields, {"group": group, "part": number}, budget)

    def _head(self, external_id: str) -> dict[str, Any]:
        return {
            "external_id": name_of(one_line(external_id), MAX_SHORT),
            "platform": self.platform,
            "kind": self.kind.value,
            "occurred_at": self.at,
        }

    def _body(self, budget: Budget) -> dict[str, Any]:
        text = clean(self.text)
        kept = within_bytes(text, MAX_TEXT_BYTES)
        if kept is not text:
            budget.cut("text")
        return {
            "actor": name_of(one_line(self.actor), MAX_SHORT),
            "text": kept,
            "actor_profile": profile(self.profile, budget),
            "identifiers": identifiers(self._identifiers, budget),
            "ai": ai(self.ai, budget),
        }


def slug(text: str, default: str = "") -> str:
    """A platform's slug out of any text: lower case, hyphens, at most 40 characters."""
    plain = _NO_SLUG.sub("-", text.lower()[:MAX_SHORT]).strip("-")
    return plain[:MAX_SLUG].strip("-") or default


def _item(fields: Mapping[str, Any], attributes: dict[str, Any], budget: Budget) -> Item:
    if budget.cuts:
        attributes["truncated"] = list(budget.cuts)
    return Item(filled({**fields, "attributes": attributes}))
