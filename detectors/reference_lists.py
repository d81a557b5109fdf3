"""Reads reference lists out of their package: which there are, and their entries canonically."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from ipaddress import ip_network
from typing import Final, NamedTuple

import msgspec

from detectors import normalise
from detectors.choices import ReferenceCategory, ReferenceKind

PACKAGE: Final = "pymispwarninglists"
_FOLDER: Final = "data/misp-warninglists/lists"
_FIRST_YEAR: Final = 2015


class Listing(NamedTuple):
    """What a list means, how it is compared, and whether a desk has it without being asked."""

    category: ReferenceCategory
    kind: ReferenceKind
    default: bool = True


class ReferenceFile(msgspec.Struct):
    """The file of a list, of which the desk needs this."""

    name: str
    version: int
    entries: list[str] = msgspec.field(name="list")

    @property
    def dated(self) -> date | None:
        """The day of the version, where its number is one (20251223)."""
        number = str(self.version)
        try:
            day = date(int(number[:4]), int(number[4:6]), int(number[6:]))
        except ValueError:
            return None
        return day if day.year >= _FIRST_YEAR else None


def source() -> str:
    """The package and its version: the same one has the same lists."""
    return f"{PACKAGE} {version(PACKAGE)}"


def read(slug: str) -> ReferenceFile:
    """The file of one list. KeyError for a list outside the catalogue."""
    CATALOGUE[slug]
    path = files(PACKAGE) / _FOLDER / slug / "list.json"
    return msgspec.json.decode(path.read_bytes(), type=ReferenceFile)


def entries(kind: ReferenceKind, values: list[str]) -> list[str]:
    """The canonical entries, each once; what cannot be read as one of `kind` is left out."""
    return list(dict.fromkeys(_canonical(kind, values)))


def _canonical(kind: ReferenceKind, values: list[str]) -> Iterator[str]:
    for raw in values:
        match kind:
            case ReferenceKind.HOSTNAME:
                value = normalise.canonical_domain(raw.lstrip("*.@"))
            case ReferenceKind.CIDR:
                value = _network(raw)
            case ReferenceKind.HASH:
                value = normalise.canonical_hash(raw)
        if value:
            yield value


def _network(raw: str) -> str | None:
    try:
        return str(ip_network(raw.strip(), strict=False))
    except ValueError:
        return None


def _listings(
    category: ReferenceCategory, kind: ReferenceKind, slugs: str, *, default: bool = True
) -> dict[str, Listing]:
    return dict.fromkeys(slugs.split(), Listing(category, kind, default))


_HOSTS, _NETWORKS, _HASHES = ReferenceKind.HOSTNAME, ReferenceKind.CIDR, ReferenceKind.HASH
CATALOGUE: Final[dict[str, Listing]] = {
    **_listings(
        ReferenceCategory.KNOWN,
        _HOSTS,
        "tranco10k bank-website google microsoft university_domains security-provider-blogpost"
        " captive-portals whats-my-ip",
    ),
    # A million hosts each: 13 seconds and 170 MB, all others together 2 seconds and 19 MB.
    **_listings(
        ReferenceCategory.KNOWN, _HOSTS, "tranco google-chrome-crux-1million", default=False
    ),
    **_listings(
        ReferenceCategory.KNOWN,
        _NETWORKS,
        "rfc1918 rfc3849 rfc5735 rfc6598 ipv6-linklocal multicast sinkholes public-dns-v6",
    ),
    **_listings(ReferenceCategory.KNOWN, _NETWORKS, "public-dns-v4", default=False),
    **_listings(
        ReferenceCategory.KNOWN, _HASHES, "common-ioc-false-positive empty-hashes eicar.com"
    ),
    **_listings(ReferenceCategory.KNOWN, _HASHES, "ti-falsepositives", default=False),
    **_listings(ReferenceCategory.SHORTENER, _HOSTS, "url-shortener link-in-bio"),
    **_listings(ReferenceCategory.DISPOSABLE, _HOSTS, "disposable-email"),
    **_listings(ReferenceCategory.HOSTING, _HOSTS, "dynamic-dns lots-project public-ipfs-gateways"),
    **_listings(
        ReferenceCategory.CLOUD,
        _NETWORKS,
        "akamai amazon-aws cloudflare fastly google-gcp microsoft-azure ovh-cluster stackpath",
    ),
    **_listings(ReferenceCategory.VPN, _NETWORKS, "vpn-ipv4 vpn-ipv6"),
    **_listings(
        ReferenceCategory.CRAWLER,
        _NETWORKS,
        "googlebot openai-gptbot censys-scanning shodan-scanning shadowserver modat-scanner"
        " onyphe-scanner tenable-cloud-ipv4 tenable-cloud-ipv6",
    ),
}
