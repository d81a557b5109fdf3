"""What of observables and patterns the watch list can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detectors.intel.stix.patterns import Clause, Pattern
from detectors.watching.things import Thing, listed_form

HASHED: Final = re.compile(r"hmac:([a-z0-9-]{1,80}):([0-9a-f]{64})")
"""A value that only members of a circle can compare: id of the key, and the hash."""
PLAIN: Final = {
    "domain-name": "domain",
    "url": "url",
    "ipv4-addr": "ip",
    "ipv6-addr": "ip",
    "email-addr": "email",
}
CARRIED: Final = frozenset(
    {"email", "phone", "payment", "device", "wallet", "handle", "hashtag", "media"}
)
"""Types without an observable of their own travel as an account of that type."""
ALGORITHMS: Final = frozenset({"MD5", "SHA-1", "SHA1", "SHA-256", "SHA256", "SHA-512", "SHA512"})
OBSERVABLES: Final = frozenset({*PLAIN, "file", "user-account"})
NETWORK: Final = "A network; the list holds single addresses."
_BESIDE: Final = frozenset({"name", "size", "mime_type"})
_NAMES: Final = ("user_id", "account_login")


@dataclass(frozen=True, slots=True)
class Values:
    """things: of the watch list. hashed: (type, id of the key, hash) of those that are hidden."""

    things: tuple[Thing, ...] = ()
    hashed: tuple[tuple[str, str, str], ...] = ()
    why: str = ""


def values_of_pattern(pattern: Pattern) -> Values:
    """The values that a pattern looks for; why says what of it is not matched here."""
    things: list[Thing] = []
    missed: list[str] = [pattern.why] if pattern.why else []
    for clause in pattern.clauses:
        found, why = _of_clause(clause)
        things += found
        missed += [why] if why else []
    said = f"Not matched here: {missed[0]}" if missed else ""
    return Values(tuple(dict.fromkeys(things)), why=said)


def values_of_observable(one: Mapping[str, Any]) -> Values:
    """What an observable is on this desk."""
    type = one["type"]
    if type in PLAIN:
        said = _text(one, "value")
        if type.startswith("ip") and "/" in said:
            return Values(why=NETWORK)
        return _listed([(PLAIN[type], said)])
    if type == "file":
        hashes = one.get("hashes")
        some = hashes.values() if isinstance(hashes, dict) else ()
        return _listed([("hash", one) for one in some if isinstance(one, str)])
    if type == "user-account":
        name = next((said for key in _NAMES if (said := _text(one, key))), "")
        return _of_account(_text(one, "account_type"), name)
    return Values(why=f"Things of type {type} are not matched here.")


def _of_account(platform: str, name: str) -> Values:
    if found := HASHED.fullmatch(name):
        return Values(hashed=((platform, found[1], found[2]),))
    if platform in CARRIED:
        return _listed([(platform, name)])
    slug = "-".join("".join(c if c.isalnum() else " " for c in platform.lower()).split())
    return _listed([("account", f"{slug}:{name}") if slug else ("handle", name)])


def _listed(said: Sequence[tuple[str, str]]) -> Values:
    found = [(kind, value) for kind, raw in said if (value := listed_form(kind, raw))]
    why = "" if found else "It is not what its type says, or of a type that is not matched here."
    return Values(tuple(dict.fromkeys(found)), why=why)


def _of_clause(clause: Clause) -> tuple[list[Thing], str]:
    """Values any of which is what the clause describes; else why there is none."""
    types = {one.type for one in clause}
    if len(types) > 1:
        return [], "several things that must be seen together."
    (type,) = types
    if type == "user-account":
        return _of_account_clause(clause)
    if type == "file":
        rest = [one for one in clause if not _is_hash(one.path)]
        if len(rest) == len(clause) or any(one.path not in _BESIDE for one in rest):
            return [], "files by other properties than their hashes."
        raw = [("hash", said) for one in clause if _is_hash(one.path) for said in one.values]
    elif type in PLAIN and len(clause) == 1 and clause[0].path == "value":
        raw = [(PLAIN[type], said) for said in clause[0].values]
    else:
        return [], f"{type} by {', '.join(sorted({one.path for one in clause}))[:60]}."
    found = _listed(raw)
    return list(found.things), found.why


def _of_account_clause(clause: Clause) -> tuple[list[Thing], str]:
    by_path = {one.path: one.values for one in clause}
    names = [one for one in _NAMES if one in by_path]
    if len(by_path) != len(clause) or not names or by_path.keys() - {*_NAMES, "account_type"}:
        return [], "accounts by other properties than platform and name."
    found: list[Thing] = []
    for platform in by_path.get("account_type", ("",)):
        for name in by_path[names[0]]:
            found += _of_account(platform, name).things
    return found, "" if found else "accounts whose name cannot be read."


def _is_hash(path: str) -> bool:
    head, _, name = path.partition(".")
    return head == "hashes" and name.strip("'").upper() in ALGORITHMS


def _text(one: Mapping[str, Any], name: str) -> str:
    said = one.get(name)
    return said.strip() if isinstance(said, str) else ""
