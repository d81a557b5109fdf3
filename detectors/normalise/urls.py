"""URLs in canonical form."""

from __future__ import annotations

import re
from urllib.parse import unquote

from detectors.normalise.hosts import url_host
from detectors.normalise.text import clean, refang_marks, refang_scheme

MAX_URL = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21, "ftps": 990}
_MAX_PORT = 65_535
# `https:\\host` and `https:/host` open in browsers too.
_SCHEME = re.compile(r"(https?|wss?|ftps?):[/\\]*", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?:[/\\]{2}|(?!\d))", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*")
_PORT = re.compile(r"(.*?)(?::([0-9]{0,6}))?", re.DOTALL)
_TRACKING = re.compile(
    r"utm_.*|ga_.*|mtm_.*|pk_.*|hsa_.*|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|fb_action_ids"
    r"|fb_source|msclkid|mc_eid|mc_cid|igshid|igsh|twclid|ttclid|yclid|ysclid|li_fat_id|epik"
    r"|ref_src|ref_url|vero_id|oly_enc_id|oly_anon_id|_hsenc|_hsmi|mkt_tok|_openstat|_ga|_gl"
    r"|rb_clickid|wickedid|__twitter_impression|s_kwcid|srsltid",
    re.IGNORECASE,
)
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_ESCAPES = re.compile(r"%(?:[0-9A-Fa-f]{2})?")
_NOT_PATH = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/%-]+")
_NOT_QUERY = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")


def canonical_url(raw: str) -> str | None:
    """A web address in the one form that all its spellings share, or None.

    The scheme is kept (none given: https). Dropped: userinfo, default port, fragment, tracking
    parameters, the host's final dot. Other parameters keep their order and case. Defanged input
    is refanged. Not a web or FTP address, or longer than 4096 characters: None.
    """
    if len(raw) > MAX_URL:
        return None
    split = _split_scheme(refang_scheme(clean(raw)))
    if split is None:
        return None
    scheme, rest = split
    # Escapes first: `(%64ot)` would else be a dot only the second time round.
    rest = refang_marks(_ESCAPES.sub(_normal_escape, rest))
    authority = _AUTHORITY.match(rest)
    if authority is None:
        return None
    host = _canonical_authority(authority[0], _DEFAULT_PORTS[scheme])
    if host is None:
        return None
    target = rest[authority.end() :].partition("#")[0]
    path, _, query = target.partition("?")
    url = f"{scheme}://{host}{_canonical_path(path)}{_canonical_query(query)}"
    return url if len(url) <= MAX_URL else None


def host_of(url: str) -> str:
    """The host of a canonical URL, without port and brackets."""
    authority = url.partition("://")[2].partition("/")[0]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def _split_scheme(text: str) -> tuple[str, str] | None:
    found = _SCHEME.match(text)
    if found:
        return found[1].lower(), text[found.end() :]
    if text.startswith("//"):
        return "https", text.lstrip("/")
    return None if _OTHER_SCHEME.match(text) else ("https", text)


def _canonical_authority(authority: str, default_port: int) -> str | None:
    place = authority.rpartition("@")[2]
    found = _PORT.fullmatch(place)
    if found is None:
        return None
    host = url_host(clean(unquote(found[1], errors="replace")) if "%" in place else found[1])
    if host is None or not found[2]:
        return host
    port = int(found[2])
    if port > _MAX_PORT:
        return None
    return host if port == default_port else f"{host}:{port}"


def _canonical_path(path: str) -> str:
    """The path with dot segments resolved (RFC 3986, 5.2.4); empty is `/`."""
    kept: list[str] = []
    segments = path.replace("\\", "/").split("/")[1:] or [""]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + _NOT_PATH.sub(_escape, "/".join(kept))


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = (pair for pair in query.split("&") if pair)
    kept = [pair for pair in pairs if not _TRACKING.fullmatch(pair.partition("=")[0])]
    return "?" + _NOT_QUERY.sub(_escape, "&".join(kept)) if kept else ""


def _normal_escape(match: re.Match[str]) -> str:
    """Needless escapes decoded, the others in upper case, a stray percent sign escaped."""
    code = match[0]
    if code == "%":
        return "%25"
    char = chr(int(code[1:], 16))
    return char if _UNRESERVED.match(char) else code.upper()


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
