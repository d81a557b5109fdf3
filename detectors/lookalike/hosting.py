"""Whose ground a host stands on: free hosting, shorteners, well-known sites, somebody's own."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from detectors import normalise
from detectors.lookalike.brands import own_domains
from detectors.lookalike.words import words
from detectors.packaged_lists import listed

_TENANT_LISTS: Final = ("lots-project", "dynamic-dns")
_SHORTENER_LISTS: Final = ("url-shortener", "link-in-bio")
# Operators that give anyone a name below theirs and that the public suffix list does not know.
_BUILDERS: Final = words(
    """
    blogspot.jp bravesites.com carrd.co codeanyapp.com cprapid.com doodlekit.com
    freewebhostmost.com getresponsesite.com gitbook.io jimdo.com jimdofree.com jimdosite.com
    livejournal.com mystrikingly.com nicepage.io over-blog.com podia.com replit.dev rf.gd
    serv00.net site123.me sitebeat.site square.site squarespace.com strikingly.com swtest.ru
    teachable.com tempisite.com temporary.site tilda.ws typepad.com ubpages.com ucoz.com ucoz.ru
    ukit.me unaux.com webnode.com webnode.page weebly.com weeblysite.com wix.com wordpress.com
    yolasite.com zyrosite.com
    """
)
# Hosts on which anyone's page lies in a path, below the name of a brand or not.
_PATH_HOSTS: Final = words(
    """
    docs.google.com drive.google.com dweb.link firebasestorage.googleapis.com forms.gle
    forms.office.com onedrive.live.com s3.amazonaws.com sites.google.com storage.googleapis.com
    sway.office.com telegra.ph unbouncepages.com
    """
)
_FOLDERS: Final = 3
_CACHED: Final = 16_384
MAX_PLACE: Final = 200
_PLAIN: Final = frozenset({"www", "m", "mobile", "web"})


class Ground(NamedTuple):
    """domain: what one person registered or was given. tenant: labels that this person chose.

    free: whether anyone gets such a name for nothing.
    """

    domain: str
    tenant: tuple[str, ...]
    free: bool


@lru_cache(maxsize=_CACHED)
def ground_of(host: str) -> Ground:
    """Where a canonical host stands; an address or a bare name is its own domain."""
    given = normalise.registrable_domain(host)
    operator = normalise.operator_domain(host)
    if operator is None or given is None:
        return Ground(host, (), free=host in _path_hosts())
    if host in _path_hosts():
        return Ground(host, (), free=True)
    suffix = _tenant_suffix(host, operator)
    if suffix:
        labels = host.removesuffix(f".{suffix}").split(".")
        return Ground(f"{labels[-1]}.{suffix}", tuple(labels), free=True)
    labels = host.removesuffix(given).rstrip(".").split(".") if host != given else []
    return Ground(given, (*labels, given.partition(".")[0]), free=given != operator)


def place_of(url: str) -> str:
    """What one person holds of a canonical URL: the domain, or the first folders on a host where
    everybody's pages lie in paths."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not holds_paths(host):
        return ground_of(host).domain
    folders = [one for one in parts.path.split("/") if one][:_FOLDERS]
    return "/".join([host, *folders])[:MAX_PLACE]


def holds_paths(host: str) -> bool:
    """Whether everybody's pages lie in paths of this host."""
    return host in _path_hosts()


def is_shortener(host: str) -> bool:
    """Whether an address on this host only leads to another one."""
    return host in _shorteners() or (normalise.registrable_domain(host) or "") in _shorteners()


@cache
def well_known() -> frozenset[str]:
    """The 10,000 most used sites."""
    return listed("tranco10k")


@cache
def _path_hosts() -> frozenset[str]:
    return _PATH_HOSTS | listed("public-ipfs-gateways")


@cache
def _shorteners() -> frozenset[str]:
    found = frozenset().union(*(listed(slug) for slug in _SHORTENER_LISTS))
    return found - own_domains()


@cache
def _tenant_domains() -> frozenset[str]:
    """Names below which others get theirs; no brand's own and no shortener."""
    found = _BUILDERS.union(*(listed(slug) for slug in _TENANT_LISTS))
    return found - own_domains() - _shorteners()


def _tenant_suffix(host: str, operator: str) -> str:
    """The listed name that `host` lies below, the longest one; empty for none."""
    rest = host
    while rest and rest != operator:  # never equal where the host is not canonical
        first, _, rest = rest.partition(".")
        if rest in _tenant_domains() and first not in _PLAIN:
            return rest
    return ""
