"""Whether words with dots in free text are a host, or a file, a sentence or code."""

from __future__ import annotations

import re

from detectors.normalise.hosts import (
    canonical_domain,
    has_icann_suffix,
    is_icann_tld,
    registrable_domain,
)

# Names outside the ICANN root that reports and test data use (RFC 2606, 6762, alternative roots).
RESERVED = frozenset(
    {
        "example",
        "test",
        "invalid",
        "local",
        "localhost",
        "internal",
        "lan",
        "bit",
        "bazar",
        "coin",
        "emc",
        "lib",
        "eth",
    }
)
_BARE_RESERVED = frozenset({"example"})
# Also file extensions or attributes in code: believed only with a scheme, a path or defanged.
_FILE_TLDS = frozenset(
    {
        "py",
        "sh",
        "zip",
        "mov",
        "md",
        "rs",
        "ps",
        "mk",
        "pm",
        "name",
        "open",
        "map",
        "call",
        "cab",
        "dot",
    }
)
# Also words: a missing blank after a full stop makes a host of them ("end.so what").
_WORD_TLDS = frozenset(
    {
        "ad",
        "am",
        "as",
        "at",
        "be",
        "by",
        "do",
        "here",
        "how",
        "id",
        "im",
        "in",
        "is",
        "it",
        "la",
        "ma",
        "man",
        "me",
        "men",
        "mr",
        "ms",
        "my",
        "new",
        "no",
        "now",
        "one",
        "pa",
        "re",
        "so",
        "st",
        "to",
        "us",
        "you",
        "best",
        "fun",
        "life",
        "live",
        "love",
        "today",
        "work",
        "world",
    }
)
# Names of program files whose extension is also a country: "main.cc", "util.pl".
_PROGRAMS = frozenset({"app", "client", "index", "lib", "main", "server", "test", "util", "utils"})
_PROGRAM_TLDS = frozenset({"cc", "hs", "ml", "pl", "pm", "so", "vi"})
_SHORTENERS = frozenset({"t.me", "fb.me", "wa.me", "m.me", "youtu.be", "redd.it", "amzn.to"})
_TITLE_TLDS = frozenset({"com", "org", "info", "ru"})
_COMMON_ENDINGS = (".com", ".net", ".org", ".io", ".ru", ".de", ".top", ".xyz")
_PACKAGE_HEADS = frozenset({"com", "org", "net", "io"})
_NOT_HOSTS = frozenset({"asp.net", "ado.net", "vb.net", "ml.net", "system.io", "socket.io"})
_LONG_LABEL = 5
_SUBDOMAIN_LABELS = 3
NO_SPACE_SCRIPT = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_GLUED = re.compile(f"[{NO_SPACE_SCRIPT}]")
_ASCII_RUN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]++)++")
_MARKUP = "-_"
# Names that stand before a domain in DNS records (RFC 8552); another leading "_" is Markdown.
_SERVICES = ("_dmarc.", "_domainkey.", "_acme-challenge.", "_mta-sts.", "_sip.", "_tcp.", "_udp.")


def host_span(run: str) -> tuple[int, int]:
    """The part of a run of letters and dots that is the host.

    Markdown marks around it do not count, nor do Chinese, Japanese, Korean, Thai, Lao or Khmer
    words written right beside a Latin host.
    """
    if not run.isascii() and _GLUED.search(run):
        for found in _ASCII_RUN.finditer(run):
            if is_known_host(found[0].strip(_MARKUP)):
                start, end = found.span()
                return _without_markup(run, start, end)
    head, _, last = run.rpartition(".")
    # "example.com.Buy now": the next sentence without a blank.
    glued = last.istitle() and head.endswith(_COMMON_ENDINGS) and is_known_host(head)
    return _without_markup(run, 0, len(head) if glued else len(run))


def is_known_host(host: str) -> bool:
    """Whether `host` ends in an ICANN suffix or a reserved name."""
    tld = host.rpartition(".")[2].lower()
    if tld in RESERVED:
        return canonical_domain(host) is not None
    # The label first: most words with dots end here, and mapping a whole name costs more.
    domain = canonical_domain(host) if is_icann_tld(tld) else None
    return domain is not None and has_icann_suffix(domain)


def is_credible(host: str) -> bool:
    """Whether a known host that stands alone in a text is meant as one."""
    labels = host.split(".")
    written_tld = labels[-1]
    tld = written_tld.lower()
    if tld in RESERVED:
        return tld in _BARE_RESERVED
    if host.lower() in _SHORTENERS:
        return True
    if host.lower() in _NOT_HOSTS or (written_tld.istitle() and tld not in _TITLE_TLDS):
        return False
    if _is_code(labels, tld):
        return False
    if tld in _FILE_TLDS:
        return (registrable_domain(host) or host).count(".") > 1
    return tld not in _WORD_TLDS or _is_name(labels)


def _is_code(labels: list[str], tld: str) -> bool:
    """Whether it is a package ("com.google.gms") or a program ("main.cc")."""
    if labels[0] in _PACKAGE_HEADS and len(labels) >= _SUBDOMAIN_LABELS:
        return tld not in _PACKAGE_HEADS or len(labels) > _SUBDOMAIN_LABELS
    return len(labels) < _SUBDOMAIN_LABELS and labels[0] in _PROGRAMS and tld in _PROGRAM_TLDS


def _is_name(labels: list[str]) -> bool:
    label = labels[-2]
    distinct = "-" in label or any(char.isdigit() for char in label)
    return len(labels) >= _SUBDOMAIN_LABELS or len(label) >= _LONG_LABEL or distinct


def _without_markup(run: str, start: int, end: int) -> tuple[int, int]:
    part = run[start:end]
    if part.startswith(_SERVICES):
        return start, start + len(part.rstrip(_MARKUP))
    return end - len(part.lstrip(_MARKUP)), start + len(part.rstrip(_MARKUP))
