"""Values by which signals are counted together: address, device, text, link, object and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import islice, product

from detectors import normalise
from detectors.base import Signal

MAX_VALUES = 10
MIN_TEXT = 20
JOINT = " + "
"""Between the values of a tuple, which people read; a value that holds it is its owner's matter."""

Values = tuple[str, ...]


def group_values(signal: Signal, groups: Sequence[str], object_type: str = "") -> Values:
    """What a signal counts for: values of one group, or tuples of values of several together."""
    found = [GROUPS[group](signal, object_type)[:MAX_VALUES] for group in groups]
    if len(found) == 1:
        return found[0]
    return tuple(JOINT.join(values) for values in islice(product(*found), MAX_VALUES))


@lru_cache(maxsize=4_096)
def text_name(plain: str) -> str:
    """Name of a match text for exact comparison; empty for one that many write by chance."""
    if len(plain) < MIN_TEXT:
        return ""
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _by_text(signal: Signal, _: str) -> Values:
    name = text_name(signal.match_text)
    return (name,) if name else ()


def _by_agent(signal: Signal, _: str) -> Values:
    """Name of the client: what it calls itself, else how it greets in TLS."""
    told = signal.attributes.get("user_agent")
    agents = signal.identifiers("user_agent") or signal.identifiers("ja4")
    agent = told if isinstance(told, str) and told else next(iter(agents), "")
    if not agent:
        return ()
    return (blake2b(agent.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest(),)


def _by_domain(signal: Signal, _: str) -> Values:
    hosts = (normalise.host_of(url) for url in signal.urls[:MAX_VALUES])
    found = (normalise.registrable_domain(host) for host in hosts)
    return tuple(dict.fromkeys(domain for domain in found if domain))


def _by_ai_key(signal: Signal, _: str) -> Values:
    ai = signal.ai
    return (f"{ai.provider}:{ai.key}",) if ai is not None and ai.key else ()


def _by_object(signal: Signal, wanted: str) -> Values:
    pairs = (item.partition(":") for item in signal.objects)
    return tuple(
        f"{kind}:{normalise.canonical(kind, raw) or raw}"
        for kind, _, raw in pairs
        if not wanted or kind == wanted
    )


def _by_identifier(kind: str, signal: Signal, _: str) -> Values:
    return signal.identifiers(kind)


GROUPS: dict[str, Callable[[Signal, str], Values]] = {
    "actor": lambda signal, _: (signal.account,),
    "ip": partial(_by_identifier, "ip"),
    "device": partial(_by_identifier, "device"),
    "email": partial(_by_identifier, "email"),
    "phone": partial(_by_identifier, "phone"),
    "payment": partial(_by_identifier, "payment"),
    "wallet": partial(_by_identifier, "wallet"),
    "agent": _by_agent,
    "text": _by_text,
    "url": lambda signal, _: signal.urls,
    "domain": _by_domain,
    "ai-key": _by_ai_key,
    "object": _by_object,
}
GROUP_NOUNS = {
    "actor": "account",
    "ip": "IP address",
    "device": "device",
    "email": "e-mail",
    "phone": "phone number",
    "payment": "payment",
    "wallet": "wallet",
    "agent": "client",
    "text": "text",
    "url": "link",
    "domain": "domain",
    "ai-key": "AI key",
    "object": "object",
}
