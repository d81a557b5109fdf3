"""What is wrong with a rule, line by line, before anything is made of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import re2

from detectors.schema import Kind
from detectors.sigma.checking_counts import check_correlation
from detectors.sigma.fields import FIELDS, Field, Shape, field_named
from detectors.sigma.matching import compiled
from detectors.sigma.reading import Document, Fault, Path

MAX_CHECKS: Final = 200
MAX_VALUE: Final = 1_000
MAX_RE: Final = 200
MAX_TITLE: Final = 200
MAX_CONDITION: Final = 1_000
MAX_PARENTHESES: Final = 10
PRODUCT: Final = "abusedesk"
LEVELS: Final = ("informational", "low", "medium", "high", "critical")
TEXTUAL: Final = ("contains", "startswith", "endswith", "cased")
COMPARING: Final = ("lt", "lte", "gt", "gte")
MODIFIERS: Final = {
    "contains": "the value stands anywhere in the field",
    "startswith": "the field begins with the value",
    "endswith": "the field ends with the value",
    "all": "all values of the list must be met, not just one",
    "cased": "upper and lower case count",
    "cidr": "the address lies in the network",
    "exists": "true: there is a value; false: there is none",
    "lt": "the number is less",
    "lte": "the number is at most this",
    "gt": "the number is more",
    "gte": "the number is at least this",
    "re": "the value is a regular expression (RE2), at most 200 characters",
    "i": "after re: case does not count",
    "m": "after re: ^ and $ are ends of lines",
    "s": "after re: a dot is also a line break",
}

Faults = Iterator[Fault]


def check_documents(documents: Sequence[Document]) -> list[Fault]:
    """Everything that can be said of the documents without making a rule of them."""
    faults = [one for document in documents for one in _check_document(document)]
    correlations = [one for one in documents if "correlation" in one.data]
    bases = [one for one in documents if "correlation" not in one.data]
    faults += _check_whole(bases, correlations)
    if len(correlations) == 1:
        faults += check_correlation(correlations[0], bases)
    return faults


def _check_whole(bases: Sequence[Document], correlations: Sequence[Document]) -> Faults:
    if not bases:
        yield Fault(1, "detection", "There is no rule with a detection.")
    if len(correlations) > 1:
        line = correlations[1].line("correlation")
        message = "Only one correlation is supported here, and none over another one."
        yield Fault(line, "correlation", message)
    if not correlations and len(bases) > 1:
        message = "Several rules need a correlation that joins them."
        yield Fault(bases[1].line(), "correlation", message)


def _check_document(document: Document) -> Faults:
    told = document.data
    title = told.get("title")
    if not isinstance(title, str) or not 0 < len(title.strip()) <= MAX_TITLE:
        message = f"A title of 1 to {MAX_TITLE} characters is required."
        yield Fault(document.line("title"), "title", message)
    if not isinstance(told.get("id"), str | None):
        yield Fault(document.line("id"), "id", "An id is a text such as a UUID; quote it.")
    level = told.get("level", "medium")
    if level not in LEVELS:
        yield Fault(document.line("level"), "level", f"Use one of {', '.join(LEVELS)}.")
    if "correlation" in told:
        return
    logsource = told.get("logsource")
    if not isinstance(logsource, dict) or logsource.get("product") != PRODUCT:
        message = f"Write `product: {PRODUCT}`: fields of other products are not known here."
        yield Fault(document.line("logsource", "product"), "logsource", message)
    yield from _check_detection(document)


def _check_detection(document: Document) -> Faults:
    detection = document.data.get("detection")
    if not isinstance(detection, dict):
        line = document.line("detection")
        yield Fault(line, "detection", "A detection with a condition is required.")
        return
    yield from _check_condition(document, detection.get("condition"))
    names = [name for name in detection if name != "condition"]
    if not names:
        line = document.line("detection")
        yield Fault(line, "detection", "There is nothing that the condition could be about.")
    for name in names:
        yield from _check_part(document, ("detection", name), detection[name])


def _check_condition(document: Document, condition: Any) -> Faults:
    line = document.line("detection", "condition")
    if not isinstance(condition, str) or not condition.strip():
        yield Fault(line, "condition", "A condition such as `selection` is required.")
        return
    if len(condition) > MAX_CONDITION:
        yield Fault(line, "condition", f"Longer than {MAX_CONDITION:,} characters.")
    if "|" in condition:
        message = "Counting with | is old Sigma; write a correlation."
        yield Fault(line, "condition", message)
    if condition.count("(") > MAX_PARENTHESES:
        yield Fault(line, "condition", f"More than {MAX_PARENTHESES} parentheses.")


def _check_part(document: Document, path: Path, part: Any) -> Faults:
    """A selection: fields with values, a list of such, or words looked for in the text."""
    if isinstance(part, dict):
        if not part:
            yield Fault(document.line(*path), str(path[-1]), "This selection is empty.")
        for key, value in part.items():
            yield from _check_item(document, (*path, key), value)
    elif isinstance(part, list):
        if not part:
            yield Fault(document.line(*path), str(path[-1]), "This selection is empty.")
        for place, one in enumerate(part):
            if isinstance(one, list):
                yield Fault(document.line(*path, place), str(path[1]), "A list in a list.")
            else:
                yield from _check_part(document, (*path, place), one)
    elif part is None:
        yield Fault(document.line(*path), str(path[1]), "This selection is empty.")


def _check_item(document: Document, path: Path, value: Any) -> Faults:
    name, *modifiers = str(path[-1]).split("|")
    line = document.line(*path)
    field = field_named(name) if name else FIELDS["text"]
    if field is None:
        yield Fault(line, name, f"There is no such field.{_nearest(name)}")
        return
    unknown = [one for one in modifiers if one not in MODIFIERS]
    if unknown:
        message = f"The modifier {unknown[0]} is not supported here. Use {', '.join(MODIFIERS)}."
        yield Fault(line, name, message)
        return
    values = value if isinstance(value, list) else [value]
    if not values:
        yield Fault(line, name, "The list of values is empty; for no value at all write null.")
    for place, one in enumerate(values):
        at = document.line(*path, place) if isinstance(value, list) else line
        for message in _value_faults(field, modifiers, one):
            yield Fault(at, name or "text", message)


def _nearest(name: str) -> str:
    """A hint for a name that is almost one."""
    wanted = re.sub(r"[^a-z]", "", name.lower().rpartition(".")[2] or name.lower())
    close = [one for one in FIELDS if wanted and wanted in re.sub(r"[^a-z]", "", one)]
    also = f"attributes.{name}" if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) else ""
    hints = [FIELDS[one].shown for one in close[:2]] + ([also] if also else [])
    return f" Did you mean {' or '.join(hints)}?" if hints else ""


def _value_faults(field: Field, modifiers: Sequence[str], value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        yield "A value must be a text, a number, true, false or null."
        return
    if isinstance(value, str) and len(value) > MAX_VALUE:
        yield f"Longer than {MAX_VALUE:,} characters."
    if value == "":
        yield "An empty text is never met; for no value write null."
    if field.name == "kind" and not modifiers and _is_no_kind(value):
        yield f"There is no kind {value}. Use one of {', '.join(Kind)}."
    if value is None and modifiers:
        yield "null takes no modifier."
    for test, message in _SHAPE_FAULTS:
        if test(field.shape, modifiers, value):
            yield message
            return
    if "re" in modifiers:
        yield from _pattern_faults(value)
    if "cidr" in modifiers and not _is_network(value):
        yield "This is no network such as 203.0.113.0/24."


def _pattern_faults(value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield "A regular expression is a text; quote it."
    elif len(value) > MAX_RE:
        yield f"A regular expression has at most {MAX_RE} characters."
    else:
        try:
            compiled(value)
        except re2.error as error:
            told = error.args[0] if error.args else ""
            said = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
            yield f"RE2 cannot read this regular expression: {said}"


def _is_no_kind(value: Any) -> bool:
    """Whether no signal can have it; a pattern may."""
    is_pattern = not isinstance(value, str) or "*" in value or "?" in value
    return not is_pattern and value.lower() not in list(Kind)


def _is_network(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ipaddress.ip_network(value))
    except ValueError:
        return False


def _some(modifiers: Sequence[str], of: Sequence[str]) -> bool:
    return any(one in of for one in modifiers)


_SHAPE_FAULTS: Final[tuple[tuple[Callable[[Shape, Sequence[str], Any], bool], str], ...]] = (
    (
        lambda _, modifiers, value: "exists" in modifiers and not isinstance(value, bool),
        "exists takes true or false.",
    ),
    (
        lambda shape, modifiers, _: (
            _some(modifiers, COMPARING) and shape not in {Shape.NUMBER, Shape.ANY}
        ),
        "This field is no number, so it cannot be compared so.",
    ),
    (
        lambda _, modifiers, value: (
            _some(modifiers, COMPARING)
            and (isinstance(value, bool) or not isinstance(value, int | float))
        ),
        "Comparing takes a number.",
    ),
    (
        lambda shape, modifiers, _: (
            _some(modifiers, (*TEXTUAL, "re", "cidr")) and shape in {Shape.NUMBER, Shape.FLAG}
        ),
        "This field is no text.",
    ),
    (
        lambda shape, modifiers, value: (
            shape is Shape.FLAG and not modifiers and not isinstance(value, bool | None)
        ),
        "This field is true or false.",
    ),
    (
        lambda shape, modifiers, value: (
            shape is Shape.NUMBER and not modifiers and (isinstance(value, bool | str))
        ),
        "This field is a number.",
    ),
    (
        lambda _, modifiers, value: _some(modifiers, TEXTUAL) and not isinstance(value, str),
        "This modifier takes a text; quote it.",
    ),
    (
        lambda _, modifiers, __: _some(modifiers, ("i", "m", "s")) and "re" not in modifiers,
        "i, m and s only follow re.",
    ),
    (
        lambda _, modifiers, __: "re" in modifiers and _some(modifiers, (*TEXTUAL, "cidr")),
        "After re only i, m and s can stand; write the rest into the expression.",
    ),
)
