"""Lists that ship with their package, read without a database: what pure rules may look up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

import msgspec

PACKAGE: Final = "pymispwarninglists"
_FOLDER: Final = "data/misp-warninglists/lists"
_VPN_LISTS: Final = ("vpn-ipv4", "vpn-ipv6")

Ranges = tuple[list[bytes], list[bytes]]
"""First and last address of each network, apart and ascending; addresses as they travel."""


@cache
def source() -> str:
    """The package and its version: the same one has the same lists."""
    return f"{PACKAGE} {version(PACKAGE)}"


def listed(slug: str) -> frozenset[str]:
    """The entries of one list, in lower case, without wildcards."""
    raw = (files(PACKAGE) / _FOLDER / slug / "list.json").read_bytes()
    entries = msgspec.json.decode(raw, type=_List).entries
    return frozenset(entry.lower().lstrip("*.@").strip() for entry in entries)


@lru_cache(maxsize=16_384)
def is_vpn(ip: str) -> bool:
    """Whether a canonical address is a known exit of a VPN provider, which strangers share."""
    address = _packed(ip)
    firsts, lasts = _vpn_ranges(len(address))
    place = bisect_right(firsts, address) - 1
    return place >= 0 and address <= lasts[place]


class _List(msgspec.Struct):
    entries: list[str] = msgspec.field(name="list")


@cache
def _vpn_ranges(size: int) -> Ranges:
    """The listed networks whose addresses have `size` bytes."""
    entries = (entry for slug in _VPN_LISTS for entry in listed(slug))
    return _merged(one for one in map(_ends, entries) if len(one[0]) == size)


def _ends(network: str) -> tuple[bytes, bytes]:
    """First and last address; without the library's objects, of which there would be thousands."""
    name, _, length = network.partition("/")
    address = _packed(name)
    bits = 8 * len(address)
    rest = (1 << (bits - int(length or bits))) - 1
    first = int.from_bytes(address, "big") & ~rest
    return first.to_bytes(len(address), "big"), (first | rest).to_bytes(len(address), "big")


def _merged(ends: Iterable[tuple[bytes, bytes]]) -> Ranges:
    firsts: list[bytes] = []
    lasts: list[bytes] = []
    for first, last in sorted(ends):
        if lasts and first <= lasts[-1]:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


def _packed(ip: str) -> bytes:
    return inet_pton(AF_INET6 if ":" in ip else AF_INET, ip)
