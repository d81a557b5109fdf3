"""Says in words what the models are: for the page docs/data-model.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Final

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

OWNERS: Final = ("core", "detectors", "cases")
HOMES: Final = ("abusedesk", "detectors", "cases")
UUID: Final = "UUID"
WORDS: Final[dict[str, str]] = {
    "BigAutoField": "number, given here",
    "BigIntegerField": "number",
    "BinaryField": "bytes",
    "BooleanField": "yes or no",
    "CharField": "text",
    "DateField": "day",
    "DateTimeField": "time",
    "DurationField": "length of time",
    "EmailField": "text",
    "FloatField": "number with fraction",
    "JSONField": "JSON",
    "PositiveIntegerField": "number, 0 or more",
    "PositiveSmallIntegerField": "number, 0 or more",
    "SlugField": "slug",
    "SmallIntegerField": "number",
    "TextField": "text",
    "URLField": "address",
    "UUIDField": UUID,
}
# `name: meaning` in the docstring of a model, at the beginning of a sentence or after a semicolon.
_MEANING: Final = re.compile(r"(?:^|(?<=[.;] ))((?:[a-z_]+\*?)(?:, [a-z_]+\*?)*): ")


@dataclass(frozen=True)
class Described:
    """One model: what it is, rows of (field, type, meaning), and what the database keeps to."""

    name: str
    table: str
    owner: str
    about: str
    fields: list[tuple[str, str, str]]
    rules: list[str]


def described() -> list[Described]:
    """Every model of the desk, by owner, in the order of the code."""
    return [
        _described(model, owner)
        for owner in OWNERS
        for model in apps.get_app_config(owner).get_models()
    ]


def _described(model: type[models.Model], owner: str) -> Described:
    meta = model._meta  # noqa: SLF001 -- Django's public name for it
    fields = [*meta.local_concrete_fields, *meta.local_many_to_many]
    names = [one.name for one in fields]
    about, meanings = "", dict[str, str]()
    for kind in reversed(_kinds(model)):  # an abstract model says what its fields mean
        about, told = _told(inspect.cleandoc(kind.__doc__ or ""), names)
        meanings |= told
    rows = [
        (one.name, _type(one), meanings.get(one.name, "") or str(one.help_text)) for one in fields
    ]
    return Described(model.__name__, meta.db_table, owner, about, rows, [*_rules(meta)])


def _kinds(model: type[models.Model]) -> list[type]:
    """The model and the abstract models of ours that it is made from."""
    return [kind for kind in model.mro() if kind.__module__.split(".")[0] in HOMES]


def _told(docstring: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """The prose of a docstring, and what it says of single fields."""
    prose: list[str] = []
    meanings: dict[str, str] = {}
    for paragraph in docstring.split("\n\n"):
        before, *told = _MEANING.split(" ".join(paragraph.split()))
        prose.append(before.strip())
        for wanted, meaning in zip(told[::2], told[1::2], strict=True):
            hit = [n for n in names for want in wanted.split(", ") if fnmatch(n, want)]
            if not hit:
                prose.append(f"{wanted}: {meaning}".strip())
            meanings |= dict.fromkeys(hit, meaning.strip(" .;"))
    return " ".join(filter(None, prose)), meanings


def _type(field: Any) -> str:
    if field.is_relation:
        target = field.related_model.__name__
        kind = f"several `{target}`" if field.many_to_many else f"one `{target}`"
    elif isinstance(field, ArrayField):
        kind = f"list of: {_type(field.base_field)}"
    else:
        kind = WORDS[field.get_internal_type()]
        if field.max_length and kind != UUID:
            kind += f", at most {field.max_length:,}"
        if field.choices:
            kind += f"; one of {', '.join(f'`{value}`' for value, _ in field.flatchoices)}"
    return f"{kind}; may be empty" if field.null else kind


def _rules(meta: Any) -> Iterator[str]:
    for field in meta.local_concrete_fields:
        if field.unique and not field.primary_key:
            yield f"`{field.name}` is unique"
    for rule in meta.constraints:
        if isinstance(rule, models.UniqueConstraint):
            be = "are" if len(rule.fields) > 1 else "is"
            yield f"{_columns(rule.fields)} {be} unique{_where(rule.condition)}"
        else:
            yield _holds(rule.condition)
    for index in meta.indexes:
        kind = "GIN index" if isinstance(index, GinIndex) else "index"
        yield f"{kind} `{index.name}` on {_columns(index.fields)}{_where(index.condition)}"


def _columns(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _where(condition: Any) -> str:
    return "" if condition is None else f" where {_holds(condition)}"


def _holds(condition: Any) -> str:
    """A condition on single columns, which is all that the models have."""
    said = []
    for lookup, value in condition.children:
        name, _, kind = lookup.partition("__")
        said.append(f"`{name}` {_WORDS[kind](value)}")
    return " and ".join(said)


_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "": lambda value: f"is `{value}`",
    "in": lambda value: f"is one of {_columns(value)}",
    "isnull": lambda value: "is empty" if value else "is not empty",
    "gt": lambda value: f"is more than `{value}`",
    "lt": lambda value: f"is less than `{value}`",
    "lte": lambda value: f"is at most `{value}`",
    "gte": lambda value: f"is at least `{value}`",
}
