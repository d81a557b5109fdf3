"""Overrides in a form: a line each for platform or source, setting and number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from django import forms
from django.forms import BoundField

from detectors.base import BaseParams
from detectors.overrides import PLATFORM, SOURCE, overridable, worded

BLANKS: Final = 2
"""Lines without anything in them, for what is to be added."""
PARTS: Final = ("scope", "setting", "value")
Choice = tuple[str, str]


class OverridesWidget(forms.Widget):
    """Reads the lines as they were typed; the template of the page draws them."""

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> list[dict[str, str]]:
        read: Callable[[str], Sequence[str]] = getattr(
            data, "getlist", lambda key: data.get(key, ())
        )
        columns = [read(f"{name}_{part}") for part in PARTS]
        lines = zip_longest(*columns, fillvalue="")
        return [dict(zip(PARTS, line, strict=True)) for line in lines]


class OverridesField(forms.Field):
    """A list of overrides. A line without a number is none."""

    widget = OverridesWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        return [self._line(one) for one in value or () if str(one["value"]).strip()]

    def _line(self, one: Mapping[str, Any]) -> dict[str, Any]:
        if not one["scope"]:
            message = f"Choose the platform or source for which {one['value']} is meant."
            raise forms.ValidationError(message)
        try:
            number = int(one["value"])
        except ValueError as error:
            message = f"{worded(one['scope'])}: write a whole number, not {one['value']}."
            raise forms.ValidationError(message) from error
        return {"scope": one["scope"], "setting": one["setting"], "value": number}


@dataclass(frozen=True, slots=True)
class OverrideTable:
    """What the template draws. settings: those that can be overridden. places: choices by heading,
    whatever a line names among them."""

    lines: list[Mapping[str, Any]]
    settings: list[Choice]
    places: list[tuple[str, list[Choice]]]
    errors: list[str]

    @property
    def used(self) -> bool:
        """Whether anything is overridden."""
        return any(one["scope"] for one in self.lines)


def override_table(
    field: BoundField,
    model: type[BaseParams],
    label_of: Callable[[str], str],
    places: Mapping[str, Iterable[str]],
) -> OverrideTable:
    """The lines in force, or as they were typed, and some blank ones."""
    typed: Sequence[Mapping[str, Any]] = field.value() or ()
    lines = [one for one in typed if one["scope"] or str(one["value"]).strip()]
    settings = [(name, label_of(name)) for name in overridable(model)]
    blank = {"scope": "", "setting": settings[0][0], "value": ""}
    named = {one["scope"] for one in lines}
    return OverrideTable(
        lines=[*lines, *(blank for _ in range(BLANKS))],
        settings=settings,
        places=[
            (heading, _choices(kind, {*places[kind], *_names(named, kind)}))
            for heading, kind in (("Platforms", PLATFORM), ("Sources", SOURCE))
        ],
        errors=[str(one) for one in field.errors],
    )


def _choices(kind: str, names: Iterable[str]) -> list[Choice]:
    return [(f"{kind}:{name}", worded(f"{kind}:{name}")) for name in sorted(names)]


def _names(scopes: Iterable[str], kind: str) -> list[str]:
    split = (one.partition(":") for one in scopes)
    return [name for word, _, name in split if word == kind]
