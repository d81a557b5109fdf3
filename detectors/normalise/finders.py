"""What finds each kind of entity in refanged text, most telling kind first.

Every pattern starts behind a look-behind or at a fixed character and repeats possessively, so a
hostile text costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from detectors.normalise.bare import NO_SPACE_SCRIPT, host_span, is_credible, is_known_host
from detectors.normalise.contacts import (
    LETTER,
    assigned_phone,
    canonical_email,
    canonical_handle,
    canonical_hashtag,
)
from detectors.normalise.digests import canonical_hash, canonical_wallet
from detectors.normalise.hosts import canonical_domain, canonical_ip
from detectors.normalise.urls import canonical_url

# A URL ends at white space, quotes and brackets of prose, at "](" of Markdown, before the next
# URL of a list, and where Chinese or Thai prose is written right behind a Latin letter.
_URL_BODY = (
    r"(?:[^\s\x00-\x20\x7f<>\"`{}|\\^,;\]\u2018-\u201f\u2026\u00ab\u00bb\u3000-\u3020\uff01\uff08"
    rf"\uff09\uff0c\uff1b\uff1f{NO_SPACE_SCRIPT}]++|[,;](?!(?:https?|ftp)://)|\](?!\()"
    rf"|(?<![A-Za-z0-9])[{NO_SPACE_SCRIPT}]++)"
)
# A scheme before a scheme hides nothing: "http://https://evil.example" is read from the second.
_WEB = "(?:https?|ftps?|wss?)://"
_URL = re.compile(rf"(?<![a-z0-9]){_WEB}(?!{_WEB}){_URL_BODY}++", re.IGNORECASE)
_REACHABLE = re.compile(r"[a-z]+://(?:[^/]*[.\]]|localhost[:/])")
_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+'-])([A-Za-z0-9._%+'-]{{1,64}}+)@([{LETTER}-]++(?:\.[{LETTER}-]++)++)"
)
_IPV6 = re.compile(
    r"(?<![\w:.])(?:(?:ip|ipv6|addr|address|host|from|src|dst|node|peer|client):)?+"
    r"([0-9a-f:.]{3,60}+)(?!\w)",
    re.IGNORECASE,
)
# A host also begins behind the dot of ".host" and "*.host", and behind "//" without a scheme.
_HOST = re.compile(
    rf"(?<![{LETTER}@\\-])(?:(?<![./])|(?<=\.)(?<![^\s=\"'(*,;:]\.)|(?<=//)(?<![^\s=\"'(>]//))"
    rf"([{LETTER}-]++(?:\.[{LETTER}-]++)++)"
    rf"((?::\d{{2,5}}+(?!\w))?+(?:/{_URL_BODY}*+|\?[\w-]{{1,64}}+={_URL_BODY}*+)?+)"
)
# What the host pattern leaves: the two ends of a range.
_IPV4 = re.compile(
    r"(?<![A-Za-z0-9_.\\])(?<![A-Za-z]-)(?:(?<!/)|(?<=://))\d{1,3}(?:\.\d{1,3}){3}"
    r"(?![A-Za-z0-9_]|\.\w|-[A-Za-z])"
)
_CLOCK = re.compile(r"\d{1,2}::\d{1,2}")
_VERSION_WORD = re.compile(
    r"(?:\b(?:version|ver|release|build|firmware|section|chapter)[.:]? ?|\bv ?)$", re.I
)
_VERSION_REACH = 12
_PHONE = re.compile(
    r"(?<![A-Za-z0-9_+])\+ ?\(?\d(?:[ ().\-/\u00a0\u2010-\u2015]{0,3}\d){6,19}+(?![A-Za-z\d_])"
)
_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{25,128}+(?![A-Za-z0-9])")
_HANDLE = re.compile(
    r"(?<![A-Za-z0-9_@+/-])(?<![A-Za-z0-9_]\.)@(?:"
    r"((?>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?))(?![A-Za-z0-9_@]|/\w)"
    rf"|((?=[^\x00-\x7f\W\d])[{LETTER}]{{2,30}}+)(?![@{LETTER}]))"
)
_NOT_HANDLE = re.compile(r"[\d.]*(?:[ap]m|k|x|m|h|usd|eur|gmt|utc)?", re.IGNORECASE)
_HASHTAG = re.compile(
    rf"(?<![A-Za-z0-9_&/#=?.])#([{LETTER}]{{1,100}}+)(?:((?:#[A-Za-z0-9_]{{1,100}}+)++)|#)?+"
)
_COLOUR = re.compile(r"(?=[a-f]*\d)(?:[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_CLOSERS = {")": "(", "]": "["}
_TRAILING = frozenset(".,;:!?'*_~&")
# Emoji and other pictographs begin here; at the end of an address they are decoration.
_FIRST_PICTOGRAPH = "\U0001f000"
# Looking a number up costs 20 microseconds and more; a text has few.
_MAX_PHONES = 100
_PHONE_DIGITS = (8, 15)
_PHONE_TRIES = 4
_MIN_COLONS = 2
_MIN_HANDLE = 2


class Hit(NamedTuple):
    """An entity found at `start:end`. One that is not `sure` counts only when it was defanged."""

    type: str
    value: str
    start: int
    end: int
    sure: bool = True


def find_urls(text: str) -> Iterator[Hit]:
    """Web addresses with a scheme."""
    for found in _URL.finditer(text):
        body = _trimmed(found[0])
        value = canonical_url(body)
        if value and _REACHABLE.match(value):
            yield Hit("url", value, found.start(), found.start() + len(body))


def find_emails(text: str) -> Iterator[Hit]:
    """Mail addresses, and fediverse handles (`@user@host`)."""
    for found in _EMAIL.finditer(text):
        skipped = len(found[1]) - len(found[1].lstrip(".%+-'"))
        start = found.start() + skipped
        first, last = host_span(found[2])
        host = found[2][:last]
        if first or skipped == len(found[1]) or not is_known_host(host):
            continue
        address = f"{found[1][skipped:]}@{host}"
        end = found.start(2) + last
        if text[start - 1 : start] == "@":
            value = canonical_handle(address)
            hit = Hit("handle", value, start - 1, end) if value else None
        else:
            value = canonical_email(address)
            hit = Hit("email", value, start, end) if value else None
        if hit:
            yield hit


def find_ipv6(text: str) -> Iterator[Hit]:
    """IPv6 addresses."""
    if text.count(":") < _MIN_COLONS:
        return
    for found in _IPV6.finditer(text):
        run = found[1]
        lead = 1 if run[0] == ":" and run[1] != ":" else 0
        address = run[lead:].rstrip(".")
        if address.endswith(":") and not address.endswith("::"):
            address = address[:-1]
        if address.count(":") < _MIN_COLONS or not any(char.isdigit() for char in address):
            continue
        value = None if _CLOCK.fullmatch(address) else canonical_ip(address)
        if value:
            start = found.start(1) + lead
            yield Hit("ip", value, start, start + len(address))


def find_hosts(text: str) -> Iterator[Hit]:
    """Domains, IPv4 addresses and web addresses without a scheme."""
    for found in _HOST.finditer(text):
        first, last = host_span(found[1])
        host = found[1][first:last]
        start, end = found.start() + first, found.start() + last
        place = host
        if last == len(found[1]) and found[2]:
            place = max(host, _trimmed(host + found[2]), key=len)
        if host[-1:].isdigit() and host.replace(".", "").isdigit():
            hit = _address_hit(text, host, place, start)
        elif is_known_host(host):
            hit = _domain_hit(host, place, start, end)
        else:
            hit = None
        if hit:
            yield hit


def find_ipv4(text: str) -> Iterator[Hit]:
    """IPv4 addresses that are written together with something else."""
    for found in _IPV4.finditer(text):
        hit = _address_hit(text, found[0], found[0], found.start())
        if hit:
            yield hit


def find_phones(text: str) -> Iterator[Hit]:
    """International phone numbers."""
    for found in islice(_PHONE.finditer(text), _MAX_PHONES):
        hit = _phone_hit(found[0], found.start())
        if hit:
            yield hit


def find_tokens(text: str) -> Iterator[Hit]:
    """File hashes and wallet addresses."""
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        digest = canonical_hash(found[0])
        if digest:
            yield Hit("hash", digest, start, end)
            continue
        wallet = canonical_wallet(found[0])
        if wallet:
            yield Hit("wallet", wallet, start, end)


def find_handles(text: str) -> Iterator[Hit]:
    """User names with an at sign."""
    for found in _HANDLE.finditer(text):
        value = canonical_handle(found[1] or found[2])
        if value and len(value) >= _MIN_HANDLE and not _NOT_HANDLE.fullmatch(value):
            yield Hit("handle", value, *found.span())


def find_hashtags(text: str) -> Iterator[Hit]:
    """Words with a number sign; colours and bare numbers are none."""
    for found in _HASHTAG.finditer(text):
        start = found.start()
        for tag in (found[1], *(found[2] or "").split("#")[1:]):
            value = None if _COLOUR.fullmatch(tag) else canonical_hashtag(tag)
            if value:
                yield Hit("hashtag", value, start, start + 1 + len(tag))
            start += 1 + len(tag)


# In this order; the text must have the hint, and what one finder takes the next does not see.
FINDERS: tuple[tuple[str, Callable[[str], Iterator[Hit]]], ...] = (
    ("://", find_urls),
    ("@", find_emails),
    (":", find_ipv6),
    (".", find_hosts),
    (".", find_ipv4),
    ("+", find_phones),
    ("", find_tokens),
    ("@", find_handles),
    ("#", find_hashtags),
)


def _address_hit(text: str, host: str, place: str, start: int) -> Hit | None:
    ip = canonical_ip(host)
    if ip is None or _VERSION_WORD.search(text[max(0, start - _VERSION_REACH) : start]):
        return None
    path = place[len(host) :].partition("/")[2]
    if path[:1].isalpha():
        value = canonical_url(place)
        return Hit("url", value, start, start + len(place)) if value else None
    return Hit("ip", ip, start, start + len(host))


def _domain_hit(host: str, place: str, start: int, end: int) -> Hit | None:
    rest = place[len(host) :]
    if rest and (is_credible(host) or "/" in rest):
        value = canonical_url(place)
        return Hit("url", value, start, start + len(place)) if value else None
    value = canonical_domain(host)
    return Hit("domain", value, start, end, is_credible(host)) if value else None


def _phone_hit(run: str, start: int) -> Hit | None:
    """The longest assigned number at the start of `run`: a date may stand behind it."""
    groups = list(_DIGITS.finditer(run))
    for group in groups[: -_PHONE_TRIES - 1 : -1]:
        part = run[: group.end()]
        digits = sum(char.isdigit() for char in part)
        if _PHONE_DIGITS[0] <= digits <= _PHONE_DIGITS[1]:
            value = assigned_phone(part)
            if value:
                return Hit("phone", value, start, start + len(part))
    return None


def _trimmed(body: str) -> str:
    """`body` without the punctuation of the sentence around it."""
    end = len(body)
    surplus = {
        closer: body.count(closer) - body.count(opener) for closer, opener in _CLOSERS.items()
    }
    while end:
        last = body[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING and last < _FIRST_PICTOGRAPH:
            break
        end -= 1
    return body[:end]
