"""Parameters of a detector as a form: bounds, unit, step, help and default from the typed model."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin

from django import forms
from django.forms import BoundField
from pydantic.fields import FieldInfo

from detectors.base import BaseParams
from detectors.choices import Mode
from detectors.override_form import OverridesField, OverrideTable, override_table
from detectors.overrides import NAME as OVERRIDES
from detectors.overrides import worded

PREFIX = "p_"
_UNIT_SUFFIX = re.compile(r"_(s|min|h|d|m|km)$")


BESIDE: Final = "beside"
"""The choice of shadow that leaves the version in force as it is."""


class ConfigForm(forms.Form):
    """Mode and reason; `config_form` adds one field for each parameter."""

    mode = forms.ChoiceField(choices=[*Mode.choices, (BESIDE, "Shadow beside")])
    reason = forms.CharField(
        max_length=500, error_messages={"required": "Say why; the next person will ask."}
    )
    promote_after_days = forms.IntegerField(required=False)
    lost_because = forms.CharField(max_length=500, required=False)

    def chosen(self) -> tuple[str, bool]:
        """The mode, and whether it is to run beside the version in force."""
        return mode_said(self.cleaned_data["mode"])

    def params(self) -> dict[str, Any]:
        """Cleaned values by parameter name."""
        return {
            name.removeprefix(PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX)
        }


def modes_of(number: int, mode: str) -> list[tuple[str, str]]:
    """What a form offers where version `number` is in force in this mode."""
    if mode == Mode.OFF:
        return list(Mode.choices)
    return [*Mode.choices, (BESIDE, f"Shadow, beside version {number}")]


def mode_said(choice: str) -> tuple[str, bool]:
    """The mode, and whether it is to run beside the version in force."""
    return (Mode.SHADOW.value, True) if choice == BESIDE else (choice, False)


class ListField(forms.CharField):
    """Several values in one line, separated by commas."""

    def __init__(self, kind: type, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        words = [word.strip() for word in str(super().clean(value)).split(",") if word.strip()]
        try:
            return [self.kind(word) for word in words]
        except ValueError as error:
            message = "Write numbers, separated by commas."
            raise forms.ValidationError(message) from error


@dataclass(frozen=True, slots=True)
class ParamRow:
    """One line of the settings table."""

    field: BoundField
    help: str
    unit: str
    default: str
    bounds: str
    rebuild: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One parameter that two versions have otherwise, as people read it."""

    label: str
    unit: str
    before: str
    after: str


def differences(
    model: type[BaseParams], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Parameters that differ, in their order; what a version does not know is at its default."""
    first, second = (model().model_dump(mode="json") | dict(one) for one in (before, after))
    return [
        Difference(
            label_of(name),
            str(_extra(info).get("unit") or ""),
            _told(first[name]),
            _told(second[name]),
        )
        for name, info in model.tunable().items()
        if first[name] != second[name]
    ] + _override_differences(model, first, second)


def _override_differences(
    model: type[BaseParams], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Overrides that differ, a line each."""
    first, second = (
        {(one["setting"], one["scope"]): _told(one["value"]) for one in told.get(OVERRIDES, ())}
        for told in (before, after)
    )
    return [
        Difference(
            f"{label_of(name)} {worded(scope)}",
            unit_of(model, name),
            first.get((name, scope), f"as everywhere: {_told(before[name])}"),
            second.get((name, scope), f"as everywhere: {_told(after[name])}"),
        )
        for name, scope in sorted(first.keys() | second.keys())
        if first.get((name, scope)) != second.get((name, scope))
    ]


def label_of(name: str) -> str:
    """A parameter's name as people read it; its unit stands beside the field."""
    return _UNIT_SUFFIX.sub("", name).replace("_", " ").capitalize()


def config_form(
    model: type[BaseParams], current: Mapping[str, Any], mode: str, data: Any = None
) -> ConfigForm:
    """The form of one detector, filled with what is in force."""
    first = {f"{PREFIX}{name}": value for name, value in current.items()}
    form = ConfigForm(data, initial={"mode": mode, **first})
    for name, info in model.tunable().items():
        form.fields[f"{PREFIX}{name}"] = _field(name, info)
    if OVERRIDES in model.model_fields:
        form.fields[f"{PREFIX}{OVERRIDES}"] = OverridesField(required=False)
    return form


def field_at_fault(form: ConfigForm, name: str) -> str | None:
    """The field that a refusal is about, by the name that a service gives it; None: all of them."""
    outer = name.partition(".")[0]  # of a list the list
    found = (one for one in (f"{PREFIX}{outer}", outer) if one in form.fields)
    return next(found, None)


def param_rows(form: ConfigForm, model: type[BaseParams]) -> list[ParamRow]:
    """The parameters with what the model says of them."""
    defaults = model().model_dump(mode="json")
    return [
        _row(form[f"{PREFIX}{name}"], info, defaults[name])
        for name, info in model.tunable().items()
    ]


def overrides_in(
    form: ConfigForm, model: type[BaseParams], places: Mapping[str, Iterable[str]]
) -> OverrideTable | None:
    """The overrides; None where nothing of a detector can be overridden.

    places: slugs of platforms and of sources that are known.
    """
    if OVERRIDES not in model.model_fields:
        return None
    return override_table(form[f"{PREFIX}{OVERRIDES}"], model, label_of, places)


def _row(bound: BoundField, info: FieldInfo, default: Any) -> ParamRow:
    extra = _extra(info)
    low, high = bounds_of(info)
    limits = f"{_said(low)} to {_said(high)}" if low is not None and high is not None else ""
    return ParamRow(
        field=bound,
        help=f"{(info.description or '').rstrip('.')}.",
        unit=str(extra.get("unit") or ""),
        default="an example" if _is_long(default) else _told(default),
        bounds=limits,
        rebuild=bool(extra.get("rebuild")),
        changed=bound.initial != default,
    )


def unit_of(model: type[BaseParams], name: str) -> str:
    """Unit of one parameter; empty where it has none."""
    return str(_extra(model.model_fields[name]).get("unit") or "")


def numbers_of(model: type[BaseParams]) -> dict[str, str]:
    """Parameters that are one number each: name -> label."""
    return {
        name: label_of(name)
        for name, info in model.tunable().items()
        if _bare(info.annotation) in {int, float}
    }


def bounds_of(info: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest value of a parameter."""
    low = next((one.ge for one in info.metadata if hasattr(one, "ge")), None)
    high = next((one.le for one in info.metadata if hasattr(one, "le")), None)
    return low, high


def _field(name: str, info: FieldInfo) -> forms.Field:
    kind = _bare(info.annotation)
    common: dict[str, Any] = {
        "label": label_of(name),
        "help_text": info.description or "",
    }
    if kind is bool:
        return forms.BooleanField(required=False, **common)
    if get_origin(kind) is Literal:
        return forms.ChoiceField(choices=[(one, one) for one in get_args(kind)], **common)
    if get_origin(kind) in {tuple, list, frozenset, set}:
        return ListField(get_args(kind)[0], required=False, **common)
    if kind in {int, float}:
        return _number(kind, info, common)
    if _is_long(info.default):
        return forms.CharField(required=False, widget=forms.Textarea, **common)
    return forms.CharField(required=False, **common)


def _number(kind: Any, info: FieldInfo, common: dict[str, Any]) -> forms.Field:
    low, high = bounds_of(info)
    field_class: Any = forms.IntegerField if kind is int else forms.FloatField
    field: forms.Field = field_class(min_value=low, max_value=high, **common)
    # Browsers refuse what no number of steps from the lowest value leads to; the model takes it.
    field.widget.attrs["step"] = 1 if kind is int else "any"
    return field


def _bare(annotation: Any) -> Any:
    """`int` for `int | None`."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return next(one for one in get_args(annotation) if one is not type(None))
    return annotation


def _extra(info: FieldInfo) -> dict[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _is_long(value: Any) -> bool:
    """Whether it is a text of several lines."""
    return isinstance(value, str) and "\n" in value


def _told(value: Any) -> str:
    return _said(value) or "empty"


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, float) and value == int(value) and abs(value) >= 1:
        return f"{int(value):,}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
