"""Lists that ship with their package, read without a database: what pure rules may look up."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

import msgspec

PACKAGE: Final = "pymispwarninglists"
_FOLDER: Final = "data/misp-warninglists/lists"
_VPN_LISTS: Final = ("vpn-ipv4", "vpn-ipv6")

Ranges = dict[int, tuple[list[int], list[int]]]
"""IP version -> first and last address of each network, apart and ascending."""


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
    address = ip_address(ip)
    firsts, lasts = _vpn_ranges()[address.version]
    place = bisect_right(firsts, int(address)) - 1
    return place >= 0 and int(address) <= lasts[place]


class _List(msgspec.Struct):
    entries: list[str] = msgspec.field(name="list")


@cache
def _vpn_ranges() -> Ranges:
    networks = [ip_network(entry, strict=False) for slug in _VPN_LISTS for entry in listed(slug)]
    return {
        number: _merged([one for one in networks if one.version == number]) for number in (4, 6)
    }


def _merged(networks: list[IPv4Network | IPv6Network]) -> tuple[list[int], list[int]]:
    firsts: list[int] = []
    lasts: list[int] = []
    for one in sorted(networks, key=lambda network: int(network.network_address)):
        first, last = int(one.network_address), int(one.broadcast_address)
        if lasts and first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts
