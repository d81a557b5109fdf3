"""Lists read from their package: what pure rules look up without a database."""

from __future__ import annotations

from importlib.metadata import version
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import packaged_lists
from detectors.packaged_lists import is_vpn, listed, source

NETWORKS = {slug: [ip_network(one, strict=False) for one in listed(slug)]
            for slug in ("vpn-ipv4", "vpn-ipv6")}  # fmt: skip


def test_the_version_of_the_lists_is_named() -> None:
    name, number = source().split()
    assert (name, number) == ("pymispwarninglists", version(name))


@pytest.mark.parametrize("slug", NETWORKS)
def test_both_ends_of_a_listed_network_are_found(slug: str) -> None:
    for one in NETWORKS[slug][:200]:
        assert is_vpn(str(one.network_address))
        assert is_vpn(str(one.broadcast_address))


@given(st.ip_addresses(), st.integers(0, 32))
def test_the_ends_of_a_network_are_those_of_the_library(address: object, length: int) -> None:
    network = ip_network(f"{address}/{length}", strict=False)
    ends = packaged_lists._ends(f"{address}/{length}")
    assert ends == (network.network_address.packed, network.broadcast_address.packed)


@settings(deadline=None, max_examples=40)
@given(st.ip_addresses(v=4))
def test_the_ranges_say_what_the_networks_say(address: object) -> None:
    known = any(ip_address(str(address)) in one for one in NETWORKS["vpn-ipv4"])
    assert is_vpn(str(address)) == known


def test_networks_inside_each_other_become_one_range() -> None:
    ends = map(packaged_lists._ends, ("10.0.0.128/25", "10.0.0.0/24", "10.0.2.7/32"))
    firsts, lasts = packaged_lists._merged(ends)
    assert firsts == [ip_address("10.0.0.0").packed, ip_address("10.0.2.7").packed]
    assert lasts == [ip_address("10.0.0.255").packed, ip_address("10.0.2.7").packed]
