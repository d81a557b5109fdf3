"""Hosts: domains, registrable domains, addresses and address blocks in canonical form."""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache

import idna
from publicsuffixlist import PublicSuffixList

from detectors.normalise.text import clean, refang

MAX_HOST = 253
_MAX_RAW = 1024
_CACHED = 65_536
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
_TLD = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_IP_CHARS = re.compile(r"[0-9a-fA-F:.]{2,45}")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_QUAD = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_MAX_PART = 12
_IPV4_PARTS = 4
_V4_BLOCK = 24
_V6_BLOCK = 48


def canonical_domain(raw: str) -> str | None:
    """A dotted DNS name in lower-case punycode; addresses and single labels are none."""
    host = ascii_host(refang(clean(raw)))
    if host is None:
        return None
    _, dot, tld = host.rpartition(".")
    return host if dot and _TLD.fullmatch(tld) else None


def registrable_domain(host: str) -> str | None:
    """The domain somebody registered, e.g. `shop.co.uk` or `name.github.io`.

    Private suffixes count as suffixes. None for addresses and for a suffix itself.
    """
    domain = canonical_domain(host)
    return None if domain is None else _registrable(domain)


def operator_domain(host: str) -> str | None:
    """The domain whose holder runs `host`: `github.io` for `name.github.io`.

    Only suffixes that ICANN knows count. None for addresses and for a suffix itself.
    """
    domain = canonical_domain(host)
    return None if domain is None else _operator(domain)


@lru_cache(maxsize=4096)
def is_icann_tld(label: str) -> bool:
    """Whether the last label of a name, in any script, is a top-level domain."""
    # The list has native and punycode names; some top-level domains have wildcard rules only,
    # so the label is asked for with one below it.
    return _icann_suffixes().publicsuffix(f"x.{label.lower()}", accept_unknown=False) is not None


@lru_cache(maxsize=_CACHED)
def has_icann_suffix(domain: str) -> bool:
    """Whether a canonical domain lies below a suffix that ICANN knows."""
    return _icann_suffixes().privatesuffix(domain, accept_unknown=False) is not None


@lru_cache(maxsize=_CACHED)
def canonical_ip(raw: str) -> str | None:
    """IPv4 as dotted quad, IPv6 compressed; an IPv4-mapped IPv6 address is its IPv4 address."""
    text = refang(clean(raw)[:_MAX_RAW])
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    text = text.partition("%")[0]
    return _parse_ip(text) if _IP_CHARS.fullmatch(text) else None


def ip_block(ip: str) -> str:
    """The /24 (IPv4) or /48 (IPv6) around `ip`. Raises ValueError when `ip` is not an address."""
    text = canonical_ip(ip) or ip
    if _QUAD.fullmatch(text):
        return f"{text.rpartition('.')[0]}.0/{_V4_BLOCK}"
    address = ipaddress.ip_address(text)
    length = _V4_BLOCK if address.version == _IPV4_PARTS else _V6_BLOCK
    return str(ipaddress.ip_network((address, length), strict=False))


@lru_cache(maxsize=_CACHED)
def url_host(host: str) -> str | None:
    """The host of a URL: an address (odd IPv4 forms too), a domain or a single label."""
    if host.startswith("[") and host.endswith("]"):
        ip = canonical_ip(host)
        return f"[{ip}]" if ip and ":" in ip else ip
    name = ascii_host(host)
    if name is None:
        return None
    return _odd_ipv4(name) if _NUMBER.fullmatch(name.rpartition(".")[2]) else name


@lru_cache(maxsize=_CACHED)
def ascii_host(host: str) -> str | None:
    """`host` in lower-case punycode without a final dot, or None.

    Mapped with UTS #46 like a browser does, but without the IDNA 2008 validity rules: emoji and
    mixed-script names resolve, and those are the ones abuse uses.
    """
    if len(host) > _MAX_RAW:
        return None
    name = host.lower()
    if not name.isascii():
        try:
            name = idna.uts46_remap(name, std3_rules=False, transitional=False)
        except UnicodeError:  # idna.IDNAError is one
            return None
        name = ".".join(_ascii_label(label) for label in name.lower().split("."))
    name = name.removesuffix(".")
    return name if len(name) <= MAX_HOST and _HOST.fullmatch(name) else None


def _ascii_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


@lru_cache(maxsize=_CACHED)
def _registrable(domain: str) -> str | None:
    found: str | None = _suffixes().privatesuffix(domain)
    return found


@lru_cache(maxsize=_CACHED)
def _operator(domain: str) -> str | None:
    found: str | None = _icann_suffixes().privatesuffix(domain)
    return found


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _icann_suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def _parse_ip(text: str) -> str | None:
    if _QUAD.fullmatch(text):
        return text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return address.compressed


def _odd_ipv4(host: str) -> str | None:
    """Decimal, octal, hexadecimal and short IPv4 forms as browsers read them (WHATWG URL)."""
    parts = host.split(".")
    if len(parts) > _IPV4_PARTS or not all(_is_number(part) for part in parts):
        return None
    numbers = [_number(part) for part in parts]
    if None in numbers:
        return None
    *head, tail = [number for number in numbers if number is not None]
    if any(number >> 8 for number in head) or tail >> 8 * (_IPV4_PARTS - len(head)):
        return None
    value = tail + sum(number << 8 * (3 - index) for index, number in enumerate(head))
    return str(ipaddress.IPv4Address(value))


def _is_number(part: str) -> bool:
    return len(part) <= _MAX_PART and _NUMBER.fullmatch(part) is not None


def _number(part: str) -> int | None:
    try:
        if part.startswith("0x"):
            return int(part[2:] or "0", 16)
        return int(part, 8 if part.startswith("0") and part != "0" else 10)
    except ValueError:
        return None
