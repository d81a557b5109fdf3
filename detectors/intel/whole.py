"""What a cell is whose whole content is one value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from detectors import normalise
from detectors.intel.forms import Form
from detectors.normalise.bare import is_credible, is_known_host
from detectors.watching.things import listed_form

_WEB: Final = re.compile(r"(?:https?|ftps?|wss?)://\S+", re.IGNORECASE)
_APP_HEADS: Final = frozenset(
    [
        *("com", "org", "net", "io", "co", "app", "de", "uk", "ru", "me", "in", "cn", "air", "br"),
        *("info", "tv", "dev", "eu", "fr"),
    ]
)
_APP: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+", re.IGNORECASE)
_STORE_ID: Final = re.compile(r"(?:id)?\d{8,11}")
_EXTENSION: Final = re.compile(r"[a-p]{32}")
_ONION: Final = re.compile(r"[a-z2-7]{16}(?:[a-z2-7]{40})?\.onion", re.IGNORECASE)
_OUTER: Final = " \t\"'\u201c\u201d\u2018\u2019`<>,;"
_MIN_LABELS: Final = 3

Found = tuple[Form, str, str]
"""How it looks, its type and its canonical value."""


def whole(raw: str, *, was_defanged: bool = False, declared: str = "") -> Found | None:
    """What a refanged text without white space is; None when the whole of it is no value.

    was_defanged: somebody took it for dangerous, so it is no file name. declared: type that a
    column or a heading says; it settles what can be read in two ways.
    """
    text = raw.strip(_OUTER).removeprefix("*.")
    if not text or len(text) > normalise.urls.MAX_URL:
        return None
    if said := _SAYING.get(declared):
        found = said(text)
        if found:
            return found
    return next((found for look in _LOOKS if (found := look(text))), None) or _dotted(
        text, sure=was_defanged or declared in {"domain", "url"}
    )


def app_of(text: str) -> Found | None:
    """A package name, a number of a store or the letters of a browser extension."""
    name = text.removeprefix("id") if _STORE_ID.fullmatch(text) else text
    if _STORE_ID.fullmatch(name) or _EXTENSION.fullmatch(name) or _APP.fullmatch(name):
        value = listed_form("app", name)
        return (Form.APP, "app", value) if value else None
    return None


def _url(text: str) -> Found | None:
    if not _WEB.fullmatch(text):
        return None
    value = normalise.canonical_url(text.rstrip(".,;"))
    host = normalise.host_of(value) if value else ""
    return (Form.URL, "url", value) if value and ("." in host or ":" in host) else None


def _mail(text: str) -> Found | None:
    value = normalise.canonical_email(text) if "@" in text[1:] and "/" not in text else None
    return (Form.EMAIL, "email", value) if value else None


def _ip(text: str) -> Found | None:
    value = normalise.canonical_ip(text)
    return (Form.IP, "ip", value) if value else None


def _digest(text: str) -> Found | None:
    value = normalise.canonical_hash(text.rpartition(":")[2])
    return (Form.HASH, "hash", value) if value else None


def _wallet(text: str) -> Found | None:
    value = normalise.canonical_wallet(text)
    return (Form.WALLET, "wallet", value) if value else None


def _phone(text: str) -> Found | None:
    value = normalise.canonical_phone(text) if text.startswith("+") else None
    return (Form.PHONE, "phone", value) if value else None


def _handle(text: str) -> Found | None:
    value = normalise.canonical_handle(text) if text.startswith("@") else None
    return (Form.HANDLE, "handle", value) if value else None


def _dotted(text: str, *, sure: bool) -> Found | None:
    """A host, a host with a path, or the package name of an app."""
    host, slash, rest = text.rstrip(".,;").partition("/")
    name = host.partition(":")[0]
    if normalise.canonical_ip(name):
        value = normalise.canonical_url(text)
        return (Form.BARE_URL, "url", value) if value and (slash or ":" in host) else None
    domain = normalise.canonical_domain(name)
    if domain is None:
        return app_of(text) if _is_package(text) else None
    if not sure and _is_package(text) and not is_credible(name):
        return app_of(text)
    if not (sure or is_known_host(domain) or _ONION.fullmatch(domain)):
        return None
    if (slash and rest) or ":" in host or "?" in text:
        value = normalise.canonical_url(text)
        return (Form.BARE_URL, "url", value) if value else None
    return Form.DOMAIN, "domain", domain


def _is_package(text: str) -> bool:
    labels = text.lower().split(".")
    return len(labels) >= _MIN_LABELS and labels[0] in _APP_HEADS and bool(_APP.fullmatch(text))


def _said_handle(text: str) -> Found | None:
    value = None if "://" in text or "/" in text else normalise.canonical_handle(text)
    return (Form.HANDLE, "handle", value) if value else None


def _said_account(text: str) -> Found | None:
    value = None if "://" in text else listed_form("account", text)
    return (Form.ACCOUNT, "account", value) if value else None


def _said_phone(text: str) -> Found | None:
    return _phone(text if text.startswith("+") else f"+{text}")


_Look = Callable[[str], "Found | None"]
_LOOKS: Final[tuple[_Look, ...]] = (_url, _mail, _ip, _digest, _wallet, _phone, _handle)
_SAYING: Final[dict[str, _Look]] = {
    "account": _said_account,
    "app": app_of,
    "handle": _said_handle,
    "phone": _said_phone,
}
