"""What a pattern tells of people and of this desk: the preview before it leaves, and conflicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final

from cases.sharing import tlp
from cases.sharing.conflicts import VALID_AT_MOST, Conflict
from cases.sharing.minimise import PERSONAL, SENT
from cases.sharing.patterns import binding, wire
from cases.sharing.patterns.offering import PatternOffer
from cases.sharing.patterns.wire import Vector
from cases.sharing.pieces import Line
from detectors import normalise
from detectors.sigma.model import Check, Op, Rule, Wild, checks_of
from detectors.sigma.params import compiled_rule

OWN_REF: Final = re.compile(r"\bAD-[0-9]{1,18}\b")
RESERVED: Final = re.compile(r"(^|\.)(example|test|invalid|localhost|example\.(com|net|org))$")
MADE_UP: Final = tuple(
    map(
        ip_network,
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "10.0.0.0/8"),
    )
)
MADE_UP_RULE: Final = "made up"
WIDE: Final = frozenset({tlp.CLEAR, tlp.GREEN})
BARE: Final = PERSONAL - {"handle"}
WHO: Final = frozenset({"account", "actor", "actor_profile.handle", "actor_profile.name"})


def lines_of(offer: PatternOffer, rule: Rule | None) -> list[Line]:
    """Every value that leaves in a pattern, field by field."""
    found = [
        Line("Pattern", name, SENT, "written for partners", value, value)
        for name, value in (("title", offer.title), ("summary", offer.summary))
        if value
    ]
    for slot in rule.slots if rule else ():
        found += [_line(slot.base.title, one) for one in checks_of(slot.base.expr)]
    for vector in offer.tests:
        for number, signal in enumerate(vector.signals, 1):
            found += [
                Line(f"Test {vector.name}, signal {number}", name, SENT, MADE_UP_RULE, told, told)
                for name, told in _flat(signal)
            ]
    return found


def conflicts_of(offer: PatternOffer, accounts_known: Iterable[str]) -> Iterator[Conflict]:
    """What keeps a pattern here. accounts_known: those in its tests that exist on this desk."""
    if offer.level == tlp.RED:
        yield Conflict("tlp", "TLP:RED leaves by no machine and no file. No one can override this.")
    if not offer.at < offer.valid_until <= offer.at + VALID_AT_MOST:
        yield Conflict(
            "valid-until", f"It must end within {VALID_AT_MOST.days} days, and not in the past."
        )
    for fault in binding.faults(offer.pattern_type, offer.pattern, offer.parameters):
        yield Conflict("parameters", fault)
    if offer.expected is None:
        yield Conflict("backtest", "It was not backtested over 30 own days as it is now.")
    yield from _texts(offer)
    yield from _values(offer)
    for account in accounts_known:
        yield Conflict("real-account", "A test names an account that exists here.", account)


def rule_of(offer: PatternOffer) -> Rule | None:
    """The rule of a Sigma pattern."""
    from_text = offer.pattern_type == wire.SIGMA
    return compiled_rule(offer.pattern) if from_text else None


def accounts_in(tests: Sequence[Vector]) -> set[str]:
    """Accounts that tests name, as `platform:actor`."""
    found = {account for vector in tests for group in vector.expected for account in group}
    for vector in tests:
        for one in vector.signals:
            if one.get("platform") and one.get("actor"):
                found.add(f"{one['platform']}:{one['actor']}")
    return found


def _line(about: str, check: Check) -> Line:
    told = _written(check)
    return Line(about, check.field, SENT, "part of the pattern", told, told)


def _written(check: Check) -> str:
    if check.op == Op.LIKE:
        return "".join(one.value if isinstance(one, Wild) else one for one in check.wanted)
    return str(getattr(check.wanted, "pattern", check.wanted))


def _flat(signal: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(signal, dict):
        for key, one in signal.items():
            yield from _flat(one, f"{name}.{key}" if name else str(key))
    elif isinstance(signal, list):
        for one in signal:
            yield from _flat(one, name)
    else:
        yield name, str(signal)


def _texts(offer: PatternOffer) -> Iterator[Conflict]:
    """Personal data and names of this desk in the pattern and the texts about it."""
    for text in (offer.title, offer.summary, offer.pattern):
        for ref in OWN_REF.findall(text):
            yield Conflict("internal", "It names a case of this desk.", ref)
        for mention in normalise.extract(text):
            if mention.type in BARE:
                message = f"The pattern names a person's {mention.type}."
                yield Conflict("personal-data", message, mention.value)
            elif mention.type == "ip" and offer.level in WIDE and not _is_made_up(mention.value):
                message = f"An address leaves from TLP:AMBER only, not at {tlp.label(offer.level)}."
                yield Conflict("address", message, mention.value)
    rule = rule_of(offer)
    for slot in rule.slots if rule else ():
        for check in checks_of(slot.base.expr):
            if check.field in WHO and check.op in (Op.LIKE, Op.EQUALS, Op.RE):
                message = "A pattern names no accounts; share the case that they are in."
                yield Conflict("account", message, _written(check))


def _values(offer: PatternOffer) -> Iterator[Conflict]:
    """Values in tests that are not made up."""
    seen: set[str] = set()
    for vector in offer.tests:
        for signal in vector.signals:
            for name, told in _flat(signal):
                for mention in normalise.extract(told):
                    if mention.value in seen or _is_fine(mention.type, mention.value, offer):
                        continue
                    seen.add(mention.value)
                    message = (
                        f"The test {vector.name} holds a {mention.type} in {name} that is not made"
                        " up. Use names under .example and addresses for documentation."
                    )
                    yield Conflict("not-made-up", message, mention.value)


def _is_fine(type: str, value: str, offer: PatternOffer) -> bool:
    if value in offer.pattern:
        return True
    if type == "ip":
        return _is_made_up(value)
    if type == "email":
        return RESERVED.search(value.rpartition("@")[2]) is not None
    if type == "domain":
        return RESERVED.search(value) is not None
    if type == "url":
        return RESERVED.search(normalise.host_of(value)) is not None
    return type not in BARE


def _is_made_up(value: str) -> bool:
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return any(address in one for one in MADE_UP)
