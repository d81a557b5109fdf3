"""What the names of new accounts look like: shapes of handles, skeletons of addresses, origins."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from detectors import normalise
from detectors.base import Signal

MAX_HANDLE = 200
MAX_RUNS = 7
MIN_SKELETON = 3
SHORT = 3
LONG = 13
MAX_DIGITS = 8
MAX_ORIGIN = 120
SEPARATORS = frozenset("._-+ ~")
EDUCATION = "education"
CROWDED_ASN_CLASSES = frozenset({"mobile", "cgnat", EDUCATION, "vpn", "proxy"})

_RUNS = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_PIECES = re.compile(r"[^\W_]+|[\W_]")
_HUMPS = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])|[a-z]+")
_DECORATION = re.compile(r"[\d._-]+")


@lru_cache(maxsize=8_192)
def handle_shape(handle: str) -> str:
    """How a handle is built, its words and numbers forgotten: `Jane_Miller1984` -> `Name_Word####`.

    Letters keep case and one of three lengths, digits their number, separators themselves. Letters
    and digits by turns, as machines draw them, keep the length only: `jane_a7k2` ->
    `name_mixed(4)`. Empty where there is nothing to see.
    """
    name = unicodedata.normalize("NFKC", handle[:MAX_HANDLE]).strip().lstrip("@").partition("@")[0]
    if not any(letter.isalnum() for letter in name):
        return ""
    pieces = _PIECES.findall(name)
    if sum(len(_RUNS.findall(piece)) for piece in pieces) > MAX_RUNS:
        return f"mixed({len(name)})"
    told: list[str] = []
    letters = 0
    for piece in pieces:
        if _is_drawn(piece):
            told.append(f"mixed({len(piece)})")
            continue
        for part in [part for run in _RUNS.findall(piece) for part in _parts(run)]:
            told.append(_told(part, first=not letters))
            letters += part[0].isalpha()
    return "".join(told) if len(told) <= MAX_RUNS else f"mixed({len(name)})"


@lru_cache(maxsize=8_192)
def mail_skeleton(address: str) -> str:
    """A canonical address without digits, dots, dashes and tags; empty where too little is left.

    `jane.doe17@mail.example` and `janedoe+x@mail.example` are both `janedoe@mail.example`.
    """
    local, at, domain = address.rpartition("@")
    bare = _DECORATION.sub("", local.partition("+")[0])
    return f"{bare}@{domain}" if at and len(bare) >= MIN_SKELETON else ""


def mail_skeletons(signal: Signal) -> tuple[str, ...]:
    """Skeletons of the addresses that came with a sign-up; none of hashed ones."""
    if "email" not in signal.identifier_map:
        return ()
    found = (mail_skeleton(address) for address in signal.identifiers("email"))
    return tuple(dict.fromkeys(skeleton for skeleton in found if skeleton))


def origin_of(signal: Signal) -> str:
    """Where a sign-up came from: its referrer, else its mail domain, else its network; may be "".

    A network that a crowd shares (`asn_class`) is none.
    """
    told = signal.attributes.get("referrer")
    if isinstance(told, str) and (page := _page(told)):
        return f"referrer {page}"
    for address in signal.identifiers("email"):
        if "@" in address:
            return f"mail domain {address.rpartition('@')[2]}"
    asn_class = signal.attributes.get("asn_class")
    if isinstance(asn_class, str) and asn_class in CROWDED_ASN_CLASSES:
        return ""
    blocks = (_block(address) for address in signal.identifiers("ip"))
    return next((f"network {block}" for block in blocks if block), "")


@lru_cache(maxsize=4_096)
def _page(referrer: str) -> str:
    """A referring page without scheme and query, else the name that the sender gave."""
    url = normalise.canonical_url(referrer[:MAX_HANDLE])
    plain = url.partition("://")[2] if url else " ".join(referrer[:MAX_HANDLE].lower().split())
    page = plain.partition("?")[0].partition("#")[0].rstrip("/")[:MAX_ORIGIN]
    return page if page.isprintable() else ""


@lru_cache(maxsize=8_192)
def _block(address: str) -> str:
    return normalise.ip_block(address) if normalise.canonical_ip(address) else ""


def _is_drawn(piece: str) -> bool:
    """Letters and digits by turns; digits behind letters, as in `miller1984`, are usual."""
    if piece.isalpha() or piece.isdecimal():
        return False
    return any(run[0].isdecimal() for run in _RUNS.findall(piece)[:-1])


def _parts(run: str) -> list[str]:
    """Latin letters apart at their humps: `JaneMiller` is two words."""
    return _HUMPS.findall(run) if run.isascii() and run.isalpha() else [run]


def _told(run: str, *, first: bool) -> str:
    if run[0].isdecimal():
        return "#" * len(run) if len(run) <= MAX_DIGITS else "#" * MAX_DIGITS + "+"
    if not run[0].isalpha():
        return run if run in SEPARATORS else "*"
    if not run.isascii():
        script = unicodedata.name(run[0], "LETTER").split()[0].lower()
        if script != "latin":
            return f"{{{script}}}"
    word = "name" if first else "word"
    if len(run) <= SHORT:
        word = "abc"
    elif len(run) >= LONG:
        word = f"long{word}"
    if run.isupper():
        return word.upper()
    return word.capitalize() if run[0].isupper() else word
