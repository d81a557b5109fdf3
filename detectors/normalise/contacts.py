"""Ways to reach somebody: e-mail, phone, handle and hashtag in canonical form."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from detectors.normalise.hosts import canonical_domain
from detectors.normalise.text import match_text, refang

# Combining marks of scripts whose words `\w` would break.
LETTER = (
    r"\w\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece"
    r"\u0f18-\u0fbc\u102b-\u103e\u17b6-\u17d3"
)
_MAX_RAW = 1024
_MAX_LOCAL = 64
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\]]+")
_DASHES = dict.fromkeys(range(0x2010, 0x2016), "-")
_PHONE = re.compile(r"\+?[\d\s().\-/]{3,40}(?:(?:ext|x)\.?\s?\d{1,7})?", re.IGNORECASE)
_HANDLE = re.compile(r"[\w.+\-]{1,100}(?:@[a-z0-9.\-]{1,253})?")
_HASHTAG = re.compile(rf"(?=.*[^\W\d_])[{LETTER}]{{1,200}}", re.DOTALL)


def canonical_email(raw: str) -> str | None:
    """One mailbox, one form: lower case, no plus-tag, punycode domain, no dots for Gmail."""
    address = refang(match_text(raw[:_MAX_RAW])).removeprefix("mailto:")
    local, at, host = address.rpartition("@")
    domain = canonical_domain(host) if at else None
    if domain is None:
        return None
    base = local.partition("+")[0] or local
    if domain in _GMAIL:
        base, domain = base.replace(".", ""), "gmail.com"
    return f"{base}@{domain}" if len(base) <= _MAX_LOCAL and _LOCAL.fullmatch(base) else None


@lru_cache(maxsize=16_384)
def canonical_phone(raw: str, region: str | None = None) -> str | None:
    """E.164. Without a `region` (ISO 3166) only the international `+` form is a number."""
    number = _parse_phone(raw, region)
    if number is None or not phonenumbers.is_possible_number(number):
        return None
    return _e164(number)


@lru_cache(maxsize=16_384)
def assigned_phone(raw: str) -> str | None:
    """Like `canonical_phone`, but only numbers of a range that is in use; for free text."""
    number = _parse_phone(raw, None)
    return _e164(number) if number and phonenumbers.is_valid_number(number) else None


def canonical_handle(raw: str) -> str | None:
    """A user name without `@`, casefolded; `user@host` for the fediverse."""
    name = match_text(raw[:_MAX_RAW]).lstrip("@")
    return name if _HANDLE.fullmatch(name) and re.search(r"\w", name) else None


def canonical_hashtag(raw: str) -> str | None:
    """A tag without `#`, casefolded; it has at least one letter."""
    tag = match_text(raw[:_MAX_RAW]).lstrip("#")
    return tag if _HASHTAG.fullmatch(tag) else None


def _parse_phone(raw: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    text = match_text(raw[:_MAX_RAW]).translate(_DASHES).removeprefix("tel:")
    if not _PHONE.fullmatch(text) or not (region or text.startswith("+")):
        return None
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
