"""How MISP calls what the desk knows: types of attributes, objects of accounts, tags."""

from __future__ import annotations

from typing import Final, NamedTuple

from detectors.intel.report import percent

TYPES: Final[dict[str, str]] = {
    "domain": "domain",
    "hostname": "domain",
    "url": "url",
    "uri": "url",
    "link": "url",
    "ip": "ip",
    "ip-src": "ip",
    "ip-dst": "ip",
    "md5": "hash",
    "sha1": "hash",
    "sha256": "hash",
    "sha224": "hash",
    "sha384": "hash",
    "sha512": "hash",
    "email": "email",
    "email-src": "email",
    "email-dst": "email",
    "email-reply-to": "email",
    "phone-number": "phone",
    "whois-registrant-email": "email",
    "whois-registrant-phone": "phone",
    "btc": "wallet",
    "dash": "wallet",
    "xmr": "wallet",
    "other": "wallet",
    "mobile-application-id": "app",
    "chrome-extension-id": "app",
    "ja3-fingerprint-md5": "fingerprint",
}
"""Type of an attribute -> type of the desk."""
ACCOUNT_TYPES: Final = {
    "twitter-id": "x",
    "github-username": "github",
    "jabber-id": "xmpp",
    "github-organisation": "github",
}
"""Attributes that are a name on a platform."""


class Template(NamedTuple):
    """A template of MISP's catalogue of objects. relation, type: of the attribute with the name."""

    platform: str
    uuid: str
    version: str
    relation: str
    type: str = "text"


OBJECTS: Final[dict[str, Template]] = {
    "facebook-account": Template(
        "facebook", "b9862b95-7d78-4938-a2b5-13e45c60f25a", "1", "account-name"
    ),
    "github-user": Template(
        "github", "4329b5e6-8e6a-4b55-8fd1-9033782017d4", "3", "username", "github-username"
    ),
    "instagram-account": Template(
        "instagram", "656ced16-23f3-4322-925d-c9c961684999", "1", "account-name"
    ),
    "reddit-account": Template(
        "reddit", "6802f885-2003-494a-b234-61aadce62731", "2", "account-name"
    ),
    "telegram-account": Template(
        "telegram", "06f02ecf-5afb-42c5-9cb0-b362e222f52c", "2", "username"
    ),
    "twitter-account": Template("x", "8066563f-881e-4f6a-9d6c-a9d15b8658bb", "7", "name"),
    "youtube-channel": Template(
        "youtube", "cb9f492b-9930-4388-98e1-5d0cdcfa51df", "1", "channel-name"
    ),
}
"""Objects that are an account on one platform."""
ANY_ACCOUNT: Final = "user-account"
ANY: Final = Template("", "49606b06-22f0-4ac8-8eee-2f12ad46f3d3", "6", "username")
"""An account on any platform; its `account-type` says which."""
NAMES: Final = ("username", "account-name", "name", "user-id", "channel-name", "id")
"""Relations that hold the name of an account, the best first."""
WRITTEN: Final[dict[str, tuple[str, str]]] = {
    "app": ("mobile-application-id", "Payload delivery"),
    "comment": ("comment", "Other"),
    "domain": ("domain", "Network activity"),
    "email": ("email", "Payload delivery"),
    "fingerprint": ("ja3-fingerprint-md5", "Network activity"),
    "ip": ("ip-dst", "Network activity"),
    "phone": ("phone-number", "Person"),
    "text": ("text", "Other"),
    "url": ("url", "Network activity"),
}
"""Type of the desk -> type and category of an attribute.

`comment` and `text` say something of the event and are no values to look for.
"""
COINS: Final = frozenset({"btc", "dash", "xmr"})
"""Wallets that have a type of their own; others are `other`."""
CONFIDENCE: Final = "abusedesk:confidence"
VALID_UNTIL: Final = "valid until"
"""Comment of the attribute that says when all of an event ends."""
HASHED: Final = ", hashed with the key of a circle"
"""Behind the type, in the comment of a text that only members of a circle can compare."""
COLOURS: Final = {
    "tlp:green": "#33FF00",
    "tlp:amber": "#FFC000",
    "tlp:amber+strict": "#FFC000",
    "tlp:red": "#FF2B2B",
}
"""Of the TLP taxonomy; other tags are white."""
LEVELS: Final = {
    "completely-confident": 100,
    "usually-confident": 75,
    "fairly-confident": 50,
    "rarely-confident": 25,
    "unconfident": 0,
}
"""Of the taxonomy `misp:confidence-level`."""


def tagged(name: str) -> dict[str, object]:
    """A tag as MISP and PyMISP write it."""
    colour = COLOURS.get(name, "#ffffff")
    return {"name": name, "colour": colour, "local": False, "relationship_type": ""}


def confidence_of(tags: tuple[str, ...]) -> int | None:
    """What tags say of confidence: the desk's own number, else MISP's words."""
    for tag in tags:
        name, _, value = tag.partition("=")
        said = value.strip('"')
        if name == CONFIDENCE and (number := percent(said)) is not None:
            return number
    for tag in tags:
        name, _, value = tag.partition("=")
        if name == "misp:confidence-level":
            return LEVELS.get(value.strip('"'))
    return None
