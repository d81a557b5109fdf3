"""Whether a statement of reasons is one that the EU transparency database takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cases.statements import vocabulary as words

PUID: Final = re.compile(r"[a-zA-Z0-9_-]{1,500}", re.ASCII)
OLDEST: Final = {"content_date": date(2000, 1, 1), "application_date": date(2020, 1, 1)}
# Of these at least one is there.
RESTRICTIONS: Final = ("decision_visibility", "decision_account")
YES_NO: Final = frozenset({"Yes", "No"})
ILLEGAL: Final = "DECISION_GROUND_ILLEGAL_CONTENT"


@dataclass(frozen=True, slots=True)
class Rule:
    """One field. choices: words it takes. limit: characters. many: it is a list."""

    required: bool = True
    choices: frozenset[str] | None = None
    limit: int = 0
    many: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field."""

    field: str
    message: str


FIELDS: Final[dict[str, Rule]] = {
    "decision_visibility": Rule(required=False, choices=words.VISIBILITY, many=True),
    "decision_account": Rule(required=False, choices=words.ACCOUNT),
    "decision_ground": Rule(choices=frozenset(words.GROUNDS)),
    "illegal_content_legal_ground": Rule(required=False, limit=500),
    "illegal_content_explanation": Rule(required=False, limit=2_000),
    "incompatible_content_ground": Rule(required=False, limit=500),
    "incompatible_content_explanation": Rule(required=False, limit=2_000),
    "content_type": Rule(choices=frozenset({*words.CONTENT, "CONTENT_TYPE_OTHER"}), many=True),
    "content_type_other": Rule(required=False, limit=500),
    "category": Rule(choices=frozenset(words.CATEGORIES)),
    "category_specification": Rule(
        required=False, choices=frozenset({*words.KEYWORDS, "KEYWORD_OTHER"}), many=True
    ),
    "territorial_scope": Rule(choices=words.COUNTRIES, many=True),
    "content_date": Rule(),
    "application_date": Rule(),
    "end_date_account_restriction": Rule(required=False),
    "end_date_visibility_restriction": Rule(required=False),
    "decision_facts": Rule(limit=5_000),
    "source_type": Rule(choices=words.SOURCES),
    "automated_detection": Rule(choices=YES_NO),
    "automated_decision": Rule(choices=words.AUTOMATION),
    "puid": Rule(),
}


def faults(statement: Mapping[str, Any]) -> list[Fault]:
    """What keeps a statement from being sent, in the order of the fields; empty: nothing."""
    found = [fault for name, rule in FIELDS.items() for fault in _of(statement, name, rule)]
    found += [Fault(name, "is not a field") for name in statement if name not in FIELDS]
    found += _between_fields(statement)
    return sorted(found, key=lambda one: [*FIELDS, one.field].index(one.field))


def _of(statement: Mapping[str, Any], name: str, rule: Rule) -> Iterator[Fault]:
    value = statement.get(name)
    if value in (None, "", []):
        if rule.required:
            yield Fault(name, "is missing")
        return
    values = value if isinstance(value, list) else [value]
    if isinstance(value, list) is not rule.many or not all(isinstance(one, str) for one in values):
        yield Fault(name, "is a list of words" if rule.many else "is one word or text")
    elif rule.choices is not None and not rule.choices.issuperset(values):
        yield Fault(name, "has a word that is not known")
    elif rule.limit and len(values[0]) > rule.limit:
        yield Fault(name, f"has {len(values[0]):,} characters; {rule.limit:,} is the limit")
    elif "date" in name and (fault := _date_fault(values[0], OLDEST.get(name))):
        yield Fault(name, fault)
    elif name == "puid" and not PUID.fullmatch(values[0]):
        yield Fault(name, "is letters, digits, hyphens and underscores, at most 500")


def _date_fault(value: str, oldest: date | None) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "is no date like 2026-11-27"
    if value != day.isoformat():
        return "is no date like 2026-11-27"
    return f"is before {oldest}" if oldest and day < oldest else ""


def _between_fields(statement: Mapping[str, Any]) -> Iterator[Fault]:
    if not any(statement.get(name) for name in RESTRICTIONS):
        yield Fault(RESTRICTIONS[0], "is missing, and no other restriction is named")
    kind = "illegal" if statement.get("decision_ground") == ILLEGAL else "incompatible"
    needed = {
        "illegal": ("illegal_content_legal_ground", "illegal_content_explanation"),
        "incompatible": ("incompatible_content_ground", "incompatible_content_explanation"),
    }[kind]
    yield from (Fault(name, "is missing") for name in needed if not statement.get(name))
    content = statement.get("content_type")
    is_other = isinstance(content, list) and "CONTENT_TYPE_OTHER" in content
    if is_other and not statement.get("content_type_other"):
        yield Fault("content_type_other", "is missing")
    starts = statement.get("application_date")
    for name in ("end_date_account_restriction", "end_date_visibility_restriction"):
        ends = statement.get(name)
        if ends and isinstance(ends, str) and isinstance(starts, str) and ends < starts:
            yield Fault(name, "is before the application date")
