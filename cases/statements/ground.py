"""What a policy says once for all statements of reasons about its breaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from abusedesk.core.errors import InvalidError
from cases.statements.vocabulary import CATEGORIES, CONTENT, COUNTRIES, GROUNDS, KEYWORDS, UNION

LIMITS: Final = {"reference": 500, "explanation": 2_000, "facts": 3_000}


@dataclass(frozen=True, slots=True)
class Ground:
    """ground: law or terms. reference: which article or clause. explanation: why it is a breach.

    facts: said of every breach, before what the desk knows of the single one. territory: countries
    of the European Economic Area in which the restriction holds.
    """

    ground: str
    category: str
    reference: str
    explanation: str
    facts: str = ""
    keywords: tuple[str, ...] = ()
    content: tuple[str, ...] = ("CONTENT_TYPE_TEXT",)
    territory: tuple[str, ...] = UNION

    def values(self) -> dict[str, Any]:
        """As a row stores it."""
        return {name: list(one) if isinstance(one, tuple) else one
                for name, one in asdict(self).items()}  # fmt: skip


def read_ground(said: Mapping[str, Any]) -> Ground | None:
    """What was typed or stored; None where nothing was said. Raises InvalidError at the field."""
    words = {name: str(said.get(name) or "").strip() for name in ("ground", "category", *LIMITS)}
    if not any(words.values()):
        return None
    _choose(words, "ground", GROUNDS)
    _choose(words, "category", CATEGORIES)
    for name, limit in LIMITS.items():
        _check_length(name, words[name], limit)
    keywords = _several(said, "keywords", KEYWORDS)
    for keyword in keywords:
        if KEYWORDS[keyword] != words["category"]:
            message = f"{keyword} belongs to {CATEGORIES[KEYWORDS[keyword]].lower()}."
            raise InvalidError(message, field="keywords")
    return Ground(
        ground=words["ground"],
        category=words["category"],
        reference=words["reference"],
        explanation=words["explanation"],
        facts=words["facts"],
        keywords=keywords,
        content=_several(said, "content", CONTENT) or ("CONTENT_TYPE_TEXT",),
        territory=_several(said, "territory", COUNTRIES) or UNION,
    )


def _choose(words: Mapping[str, str], name: str, choices: Mapping[str, str]) -> None:
    if words[name] not in choices:
        message = f"Choose a {name} for statements of reasons, or leave all their fields empty."
        raise InvalidError(message, field=name)


def _check_length(name: str, value: str, limit: int) -> None:
    if not value and name != "facts":
        message = f"Statements of reasons need the {name}."
        raise InvalidError(message, field=name)
    if len(value) > limit:
        message = f"The {name} has {len(value):,} characters; {limit:,} is the limit."
        raise InvalidError(message, field=name)


def _several(
    said: Mapping[str, Any], name: str, choices: Mapping[str, str] | frozenset[str]
) -> tuple[str, ...]:
    values = said.get(name) or ()
    if isinstance(values, str) or not all(one in choices for one in values):
        message = f"{name}: one of them is not known."
        raise InvalidError(message, field=name)
    return tuple(sorted(set(values)))
