"""From the documents of a rule to the rule: pySigma reads them, this keeps what can run here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from detectors.sigma.checking import MAX_CHECKS, check_documents
from detectors.sigma.matching import as_text
from detectors.sigma.model import (
    Base,
    Check,
    Count,
    Every,
    Expr,
    Not,
    Op,
    Pattern,
    Rule,
    Slot,
    Some,
    Wild,
    checks_of,
)
from detectors.sigma.reading import Document, Fault, SigmaFaultError, read_documents

PLAIN_WINDOW_S: Final = 86_400
PLAIN_GROUP: Final = ("account",)
KEYWORDS: Final = "text"
_FLAGS: Final = {"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}
_COMPARE: Final = {"LT": Op.LT, "LTE": Op.LTE, "GT": Op.GT, "GTE": Op.GTE}


def compile_rule(text: str) -> Rule:
    """The rule of a text. Raises SigmaFaultError with everything that is wrong with it."""
    documents = read_documents(text)
    faults = check_documents(documents)
    if faults:
        raise SigmaFaultError(faults)
    bases = {
        _name_of(one, place): _base(one, place)
        for place, one in enumerate(documents)
        if "correlation" not in one.data
    }
    correlations = [one for one in documents if "correlation" in one.data]
    if not correlations:
        return _plain(documents[0], next(iter(bases.values())))
    return _correlation(correlations[0], bases)


def _name_of(document: Document, place: int) -> str:
    return str(document.data.get("name") or document.data.get("id") or f"rule {place + 1}")


def _base(document: Document, place: int) -> Base:
    try:
        rule = SigmaRule.from_dict(document.data)
        conditions = [one.parsed for one in rule.detection.parsed_condition]
    except (SigmaError, RecursionError) as error:
        line = document.line("detection", "condition")
        raise SigmaFaultError([Fault(line, "detection", f"{error}")]) from error
    parts = [_expr(one, document) for one in conditions]
    expr = parts[0] if len(parts) == 1 else Some(tuple(parts))
    if len(checks_of(expr)) > MAX_CHECKS:
        line = document.line("detection", "condition")
        message = f"More than {MAX_CHECKS} comparisons with one signal."
        raise SigmaFaultError([Fault(line, "detection", message)])
    return Base(_name_of(document, place), str(rule.title), expr)


def _plain(document: Document, base: Base) -> Rule:
    return Rule(
        slots=(Slot(base, PLAIN_GROUP),),
        count=Count.EVENTS,
        threshold=1,
        window_s=PLAIN_WINDOW_S,
        group_by=PLAIN_GROUP,
        plain=True,
        **_about(document),
    )


def _correlation(document: Document, bases: dict[str, Base]) -> Rule:
    try:
        told = SigmaCorrelationRule.from_dict(document.data)
    except SigmaError as error:
        line = document.line("correlation")
        raise SigmaFaultError([Fault(line, "correlation", f"{error}")]) from error
    count = Count(told.type.name.lower())
    group_by = tuple(told.group_by or ())
    named = [one.reference for one in told.rules or ()]
    condition: Any = told.condition
    counted = condition.fieldref or ""
    slots = tuple(
        Slot(
            bases[name],
            tuple(_alias(told, name, one) for one in group_by),
            _alias(told, name, counted) if counted else "",
        )
        for name in named
    )
    return Rule(
        slots=slots,
        count=count,
        threshold=int(condition.count) + (condition.op.name == "GT"),
        window_s=told.timespan.seconds,
        group_by=group_by,
        counted=counted,
        **_about(document),
    )


def _alias(told: SigmaCorrelationRule, base: str, name: str) -> str:
    """The field that `name` stands for in one of the rules."""
    for alias in told.aliases:
        if alias.alias == name:
            found = {ref.reference: field for ref, field in alias.mapping.items()}
            return found.get(base, name)
    return name


def _about(document: Document) -> dict[str, Any]:
    told = document.data
    doubts = told.get("falsepositives") or ()
    return {
        "title": str(told["title"]),
        "level": str(told.get("level") or "medium"),
        "description": str(told.get("description") or ""),
        "falsepositives": tuple(map(str, [doubts] if isinstance(doubts, str) else doubts)),
    }


def _expr(node: Any, document: Document) -> Expr:
    if isinstance(node, ConditionNOT):
        return Not(_expr(node.args[0], document))
    if isinstance(node, ConditionAND | ConditionOR):
        parts = _flat(tuple(_expr(one, document) for one in node.args), type(node))
        if len(parts) == 1:
            return parts[0]
        return Every(parts) if isinstance(node, ConditionAND) else Some(parts)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return _check(node.field, node.value, document)
    if isinstance(node, ConditionValueExpression):
        return _keyword(_check(KEYWORDS, node.value, document))
    line = document.line("detection", "condition")
    raise SigmaFaultError([Fault(line, "detection", "This condition is not supported here.")])


def _flat(parts: Sequence[Expr], joint: type[Any]) -> tuple[Expr, ...]:
    """`a and (b and c)` is `a and b and c`."""
    same = Every if joint is ConditionAND else Some
    return tuple(
        one for part in parts for one in (part.parts if isinstance(part, same) else (part,))
    )


def _keyword(check: Check) -> Check:
    """A keyword is looked for anywhere in the text."""
    match check.op:
        case Op.LIKE:
            wanted = check.wanted
        case Op.EQUALS:
            wanted = (as_text(check.wanted),)
        case _:
            return check
    return replace(check, op=Op.LIKE, wanted=_joined((Wild.MANY, *wanted, Wild.MANY)))


def _check(field: str, value: Any, document: Document) -> Check:
    for kind, make in _MAKERS:
        if isinstance(value, kind):
            return make(field, value)
    line = document.line("detection")
    message = f"{type(value).__name__} is not supported here."
    raise SigmaFaultError([Fault(line, field, message)])


def _pattern(value: SigmaString) -> Pattern:
    return _joined([one if isinstance(one, str) else _wild(one) for one in value.s])


def _wild(part: Any) -> Wild:
    return Wild.MANY if part is SpecialChars.WILDCARD_MULTI else Wild.ONE


def _joined(parts: Sequence[str | Wild]) -> Pattern:
    """Two `*` side by side are one; nothing at all is the empty text."""
    kept = [
        one
        for place, one in enumerate(parts)
        if not (one is Wild.MANY and place and parts[place - 1] is Wild.MANY)
    ]
    return tuple(kept) or ("",)


def _regex(field: str, value: SigmaRegularExpression) -> Check:
    flags = "".join(sorted(_FLAGS[flag.name] for flag in value.flags))
    text = value.regexp.original
    return Check(field, Op.RE, f"(?{flags}){text}" if flags else text)


_MAKERS: Final[tuple[tuple[type[Any], Callable[[str, Any], Check]], ...]] = (
    (SigmaCasedString, lambda field, value: Check(field, Op.LIKE, _pattern(value), cased=True)),
    (SigmaString, lambda field, value: Check(field, Op.LIKE, _pattern(value))),
    (SigmaBool, lambda field, value: Check(field, Op.EQUALS, value.boolean)),
    (SigmaNumber, lambda field, value: Check(field, Op.EQUALS, value.number)),
    (SigmaNull, lambda field, _: Check(field, Op.EXISTS, wanted=False)),
    (SigmaExists, lambda field, value: Check(field, Op.EXISTS, value.exists)),
    (SigmaRegularExpression, _regex),
    (SigmaCIDRExpression, lambda field, value: Check(field, Op.CIDR, str(value.network))),
    (
        SigmaCompareExpression,
        lambda field, value: Check(field, _COMPARE[value.op.name], value.number.number),
    ),
)
