"""What stands in a cell: a value, several, a count, a text, or one that needs a look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Final

from detectors import normalise
from detectors.intel.counts import is_count
from detectors.intel.forms import MAX_THINGS, Cell, Form
from detectors.intel.profiles import account_of
from detectors.intel.whole import Found, whole
from detectors.watching.things import Thing

_NOTHING: Final = frozenset(
    {"", "-", "--", "\u2013", "\u2014", "n/a", "na", "none", "null", "nil", "?"}
)
_BETWEEN: Final = re.compile(r"[\s;,|]+")
_JOINING: Final = frozenset(
    {"and", "or", "und", "oder", "et", "ou", "y", "&", "/", "-", "\u2022", "+"}
)
_WEB: Final = re.compile(r"(?:https?|ftp)://\S+\s", re.IGNORECASE)
_GOES_ON: Final = re.compile(r"[/?=&%_#]|\w-\w|\.(?:html?|php|aspx?)\b")
_INSIDE: Final = frozenset({"domain", "email", "hash", "ip", "phone", "url", "wallet"})
_NETWORK: Final = re.compile(r"[0-9a-fA-F:.]{3,45}/\d{1,3}")
_LIKE: Final = {"domain": {"url"}, "url": {"domain", "account"}, "handle": {"account"}}
"""A declared type -> others that reports call so too."""
_MAX_TEXT: Final = 20_000


def read_cell(raw: str, *, declared: str = "", hint: str = "") -> Cell:
    """What a cell is. declared: the type that its row says, verified; hint: that of its heading."""
    text = normalise.refang(raw[:_MAX_TEXT]).strip().strip("\"'`").strip()
    if text.casefold() in _NOTHING:
        return Cell(Form.EMPTY)
    was_defanged = text != raw.strip().strip("\"'`").strip()
    said = declared or hint
    if said != "url" and _is_network(text):
        return Cell(Form.TEXT, message="A network; the list holds single addresses.")
    found = _values(text, was_defanged=was_defanged, said=said)
    if found:
        return _checked(found, declared)
    return _none_whole(text, raw, was_defanged=was_defanged)


def _values(text: str, *, was_defanged: bool, said: str) -> list[Found]:
    """The value that the whole of a text is, or the several; else none."""
    if not _BETWEEN.search(text):
        one = whole(text, was_defanged=was_defanged, declared=said)
        return [one] if one else []
    if said == "phone" and (phone := whole(text, declared=said)):
        return [phone]
    # A comma is part of many addresses; two of them never read as one.
    if "," in text and text.count("://") == 1 and not re.search(r"\s", text):
        one = whole(text, declared=said)
        if one and one[0] is Form.URL:
            return [one]
    pieces = [one for one in _BETWEEN.split(text) if one and one.casefold() not in _JOINING]
    found = [
        whole(one, was_defanged=was_defanged, declared=said) for one in pieces[: MAX_THINGS + 1]
    ]
    kept = [one for one in found if one]
    return kept if 0 < len(kept) == len(found) <= MAX_THINGS else []


def _checked(found: Sequence[Found], declared: str) -> Cell:
    form = found[0][0]
    things = with_accounts((kind, value) for _, kind, value in found)
    other = next((kind for _, kind, _ in found if declared and not _agrees(kind, declared)), "")
    if other:
        return Cell(Form.MISMATCH, things, f"Said to be {declared}, looks like {other}.")
    return Cell(form, things, f"{len(found)} values in one cell." if len(found) > 1 else "")


def _agrees(kind: str, declared: str) -> bool:
    return kind == declared or kind in _LIKE.get(declared, ())


def with_accounts(found: Iterable[Thing]) -> tuple[Thing, ...]:
    """Each once; a link to a profile names the account as well."""
    kept: dict[Thing, None] = {}
    for kind, value in found:
        kept[kind, value] = None
        if kind == "url" and (account := account_of(value)):
            kept["account", account] = None
    return tuple(kept)


def _none_whole(text: str, raw: str, *, was_defanged: bool) -> Cell:
    if broken := _broken(text):
        return broken
    mentions = [one for one in normalise.extract(raw[:_MAX_TEXT]) if one.type in _INSIDE]
    if mentions:
        things = with_accounts((one.type, one.value) for one in mentions[:MAX_THINGS])
        return Cell(Form.INSIDE, things, "Inside a text: may be named without being abusive.")
    if was_defanged and not re.search(r"\s", text):
        return Cell(Form.TEXT, message="Written like an indicator, but it cannot be read as one.")
    return Cell(Form.COUNT if is_count(text) else Form.TEXT)


def _is_network(text: str) -> bool:
    """An address with the length of a prefix behind it, which is no path."""
    if not _NETWORK.fullmatch(text):
        return False
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _broken(text: str) -> Cell | None:
    """An address that goes on behind a space: offered joined, never taken silently."""
    if not _WEB.match(text) or "\n" in text:
        return None
    first, *rest = text.split()
    ends_open = first[-1] in "/-_=?&." or (first[-1].isdigit() and "".join(rest).isdigit())
    if not (ends_open or any(_GOES_ON.search(one) for one in rest)) or any(map(whole, rest)):
        return None
    joined = normalise.canonical_url("".join([first, *rest]))
    if joined is None:
        return None
    return Cell(Form.BROKEN, with_accounts([("url", joined)]), "Broken by a space: joined here.")
