"""Which addresses are on the public Internet, however they are wrapped. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

NAT64: Final = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


def is_public(address: Address) -> bool:
    """Whether the address, and what it may be a wrapping of, is on the public Internet."""
    return all(
        one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified)
        for one in _unwrapped(address)
    )


def _unwrapped(address: Address) -> Iterator[Address]:
    """The address and the IPv4 addresses that its IPv6 form carries."""
    if isinstance(address, IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    carried = [one for one in inner if one is not None]
    yield from carried
    # a mapped address is nothing but its inner one; all other forms must be public themselves
    if address.ipv4_mapped is None:
        yield address
