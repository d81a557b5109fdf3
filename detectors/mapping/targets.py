"""Fields of the signal contract that a mapping can fill, and what each takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Takes(StrEnum):
    """What a field takes."""

    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    FLAG = "flag"
    MANY = "many"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Target:
    """One field. group: the field of the contract; name: what comes after its dot."""

    field: str
    takes: Takes
    note: str = ""
    required: bool = False

    @property
    def group(self) -> str:
        """The field of the contract."""
        return self.field.partition(".")[0]

    @property
    def name(self) -> str:
        """What stands behind the dot."""
        return self.field.partition(".")[2]


FIXED: Final[Mapping[str, Target]] = {
    one.field: one
    for one in (
        Target("external_id", Takes.TEXT, "The sender's id; without one a digest of the item."),
        Target("platform", Takes.TEXT, "Where it happened: x, acme-shop, ...", required=True),
        Target("kind", Takes.TEXT, "What happened: post, login, report, ...", required=True),
        Target("occurred_at", Takes.TIME, "When it happened, with its zone.", required=True),
        Target("actor", Takes.TEXT, "Account id on that platform."),
        Target("text", Takes.TEXT, "What the author wrote."),
        Target("urls", Takes.MANY, "Links; more are found in the text."),
        Target("objects", Takes.MANY, "What was acted on, already as type:value."),
        Target("actor_profile.handle", Takes.TEXT, "Handle of the account."),
        Target("actor_profile.name", Takes.TEXT, "Shown name."),
        Target("actor_profile.bio", Takes.TEXT, "What the account says of itself."),
        Target("actor_profile.created_at", Takes.TIME, "When the account was made."),
        Target("actor_profile.followers", Takes.NUMBER, "How many follow it."),
        Target("actor_profile.avatar_pdq", Takes.TEXT, "PDQ hash of the picture, in hex."),
        Target("actor_profile.verified", Takes.FLAG, "Whether the platform verified it."),
        Target("ai.provider", Takes.TEXT, "Who runs the AI service."),
        Target("ai.model", Takes.TEXT, "Which model."),
        Target("ai.key", Takes.TEXT, "API key id, never the key."),
        Target("ai.org", Takes.TEXT, "Organisation at the provider."),
        Target("ai.tokens_in", Takes.NUMBER, "Tokens read."),
        Target("ai.tokens_out", Takes.NUMBER, "Tokens written."),
        Target("ai.refused", Takes.FLAG, "Whether the model refused."),
        Target("ai.declared_use", Takes.TEXT, "What the customer said it is for."),
        Target("fingerprints", Takes.MANY, "Sketches of a text that is not shared."),
    )
}
OPEN: Final[Mapping[str, tuple[Takes, re.Pattern[str], str]]] = {
    "objects": (Takes.MANY, re.compile(r"[a-z0-9-]{1,40}", re.ASCII), "a-z, 0-9 and -"),
    "identifiers": (Takes.MANY, re.compile(r"[a-z0-9_]{1,40}", re.ASCII), "a-z, 0-9 and _"),
    "attributes": (Takes.ANY, re.compile(r"[^\x00-\x1f]{1,100}"), "any characters"),
}
"""Fields with names of one's own: objects.hashtag, identifiers.ip, attributes.score."""


def target(field: str) -> Target | str:
    """The target of that name, or in a sentence why there is none."""
    if field in FIXED:
        return FIXED[field]
    group, dot, name = field.partition(".")
    if group not in OPEN or not dot:
        known = ", ".join((*FIXED, "objects.<type>", "identifiers.<type>", "attributes.<name>"))
        return f"{field[:80]!r} is no field; there are {known}."
    takes, pattern, letters = OPEN[group]
    if not pattern.fullmatch(name):
        limit = 100 if group == "attributes" else 40
        return f"What stands after {group}. must be 1 to {limit} of {letters}."
    return Target(field, takes)
