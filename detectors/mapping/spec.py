"""A mapping as it is written and saved."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from detectors.ingest.repair import NUL

Format = Literal["json", "csv"]
Delimiter = Literal[",", ";", "\t", "|"]
JSON: Final[Format] = "json"
CSV: Final[Format] = "csv"
WHOLE: Final = "spec"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where one field comes from.

    path: one or several, separated by commas: the first that holds something, or all of them for a
    list and for `join`. const: the value when there is no path or it finds nothing. steps: applied
    in order. table: from the value after the steps to another; `*` stands for all others.
    """

    path: str = ""
    const: str = ""
    steps: tuple[str, ...] = ()
    table: dict[str, str] = {}


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A whole mapping. items: where the items sit in a document; delimiter: of CSV."""

    format: Format = "json"
    delimiter: Delimiter = ","
    items: str = "$"
    fields: dict[str, Source] = {}


class SpecError(ValueError):
    """It is no mapping. place: dotted, as in `fields.kind.steps`; the message is a sentence."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def read_spec(value: Any) -> Spec:
    """The mapping that JSON says; a text instead of an object is its path. Raises SpecError."""
    if isinstance(value, dict) and isinstance(value.get("fields"), dict):
        fields = {
            name: {"path": one} if isinstance(one, str) else one
            for name, one in value["fields"].items()
        }
        value = {**value, "fields": fields}
    try:
        spec = msgspec.convert(value, Spec)
        is_text = NUL not in msgspec.json.encode(spec)
    except UnicodeEncodeError:
        is_text = False
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        raise SpecError(place.strip("`.") or WHOLE, f"{said}.") from None
    if not is_text:
        message = "A mapping is text of valid Unicode, without NUL."
        raise SpecError(WHOLE, message)
    return spec


def written(spec: Spec) -> dict[str, Any]:
    """The mapping as plain values, defaults left out."""
    found: dict[str, Any] = msgspec.to_builtins(spec)
    return {"format": spec.format, **found}
