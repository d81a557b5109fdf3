"""Proposes a mapping for a sample by the names of its fields; a person then corrects it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from detectors.adapters.kit.draft import slug
from detectors.mapping import times
from detectors.mapping.sample import Choice
from detectors.mapping.spec import Source
from detectors.schema import SLUG, Kind

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "external_id": ("externalid", "uuid", "guid", "id", "postid", "messageid", "eventid"),
    "platform": ("platform", "network", "site", "service"),
    "kind": ("kind", "type", "eventtype", "event", "action"),
    "occurred_at": (
        *("occurredat", "createdat", "postedat", "sentat", "publishedat", "timestamp", "datetime"),
        *("created", "published", "time", "date", "ts", "when"),
    ),
    "actor": (
        *("actor.id", "user.id", "author.id", "account.id", "sender.id", "from.id"),
        *("actorid", "userid", "authorid", "accountid", "senderid", "actor", "user", "author"),
        *("username", "account", "sender", "from", "login"),
    ),
    "text": ("text", "body", "content", "message", "caption", "description", "comment"),
    "urls": ("urls", "links", "url", "link", "href"),
    "objects.hashtag": ("hashtags", "tags", "hashtag"),
    "objects.target": ("target", "targetid", "inreplyto", "replyto", "recipient", "to"),
    "identifiers.ip": ("ip", "ipaddress", "remoteaddr", "clientip"),
    "identifiers.email": ("email", "mail", "emailaddress"),
    "identifiers.phone": ("phone", "phonenumber", "mobile"),
    "identifiers.device": ("deviceid", "device", "fingerprint"),
    "actor_profile.handle": ("handle", "screenname", "nick", "user.username", "user.login"),
    "actor_profile.name": ("displayname", "fullname", "user.name", "author.name", "account.name"),
    "actor_profile.bio": ("bio", "user.description", "about"),
    "actor_profile.followers": (
        "followers",
        "followerscount",
        "user.followers",
        "user.followerscount",
    ),
    "actor_profile.created_at": ("user.createdat", "account.createdat", "author.createdat"),
    "actor_profile.verified": ("verified", "isverified", "user.verified"),
    "ai.provider": ("provider",),
    "ai.model": ("model",),
    "ai.tokens_in": ("tokensin", "inputtokens", "prompttokens"),
    "ai.tokens_out": ("tokensout", "outputtokens", "completiontokens"),
}
"""Field -> what senders call it, without case and punctuation; the first that is there counts."""
WORDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("posted", "tweet", "toot", "status", "create_post"), Kind.POST),
    **dict.fromkeys(("comment", "commented", "replied", "answer"), Kind.REPLY),
    **dict.fromkeys(("share", "shared", "retweet", "boost", "reblog"), Kind.REPOST),
    **dict.fromkeys(("like", "liked", "favourite", "upvote", "reacted"), Kind.REACTION),
    **dict.fromkeys(("signup", "sign_up", "registered", "user_created"), Kind.ACCOUNT_CREATED),
    **dict.fromkeys(("signin", "sign_in", "logged_in"), Kind.LOGIN),
    **dict.fromkeys(("dm", "chat", "direct_message"), Kind.MESSAGE),
    **dict.fromkeys(("flag", "flagged", "complaint", "reported", "alert"), Kind.REPORT),
    **dict.fromkeys(("followed", "subscribed"), Kind.FOLLOW),
    **dict.fromkeys(("paid", "order", "purchase", "transfer"), Kind.PAYMENT),
}
"""What other tools call the things of our vocabulary."""
MILLISECONDS: Final = 100_000_000_000  # as seconds this is the year 5138
MICROSECONDS: Final = 100_000_000_000_000

_NOISE = re.compile(r"[^a-z0-9.]")
_STEP = re.compile(r"\['([^']*)'\]|\[\*\]|\[\d+\]")


def guessed(choices: Sequence[Choice]) -> dict[str, Source]:
    """A source for every field that has an obvious one."""
    by_name: dict[str, list[Choice]] = {}
    for choice in choices:
        for name in _names(choice.path):
            by_name.setdefault(name, []).append(choice)
    found: dict[str, Source] = {}
    taken: set[str] = set()
    for field, names in NAMES.items():
        fitting = (one for name in names for one in by_name.get(name, ()))
        match = next((one for one in fitting if one.path not in taken), None)
        if match is not None and (source := _source(field, match)):
            found[field] = source
            taken.add(match.path)
    if "kind" not in found and {"text", "urls"} & set(found):
        found["kind"] = Source(const=Kind.POST.value)
    return found


def _names(path: str) -> list[str]:
    """`$.user['Created At']` is known as `user.createdat` and `createdat`."""
    plain = _STEP.sub(
        lambda match: f".{(match[1] or '').replace('.', '')}" if match[1] else "", path
    )
    whole = _NOISE.sub("", plain.lower()).strip(".")
    parts = whole.split(".")
    return list(dict.fromkeys((whole, ".".join(parts[-2:]), parts[-1] if len(parts) == 1 else "")))


def _source(field: str, choice: Choice) -> Source | None:
    """The path with the steps that its values need; None when they are no such thing."""
    if field in {"occurred_at", "actor_profile.created_at"}:
        step = _time_step(choice.examples[0])
        return None if step is None else Source(path=choice.path, steps=step)
    if field == "platform":
        is_slug = all(re.search(SLUG, str(one)) for one in choice.examples)
        fits = all(slug(str(one)) for one in choice.examples)
        return Source(path=choice.path, steps=() if is_slug else ("slug",)) if fits else None
    if field == "kind":
        return _kind(choice)
    if field == "objects.hashtag":
        return Source(path=choice.path, steps=("lower",))
    return Source(path=choice.path)


def _kind(choice: Choice) -> Source | None:
    words = [str(one) for one in choice.examples]
    table = {word: WORDS[word.lower()].value for word in words if word.lower() in WORDS}
    if all(word in set(Kind) for word in words):
        return Source(path=choice.path)
    known = {word: word for word in words if word in set(Kind)}
    return Source(path=choice.path, table={**known, **table}) if table or known else None


def _time_step(example: Any) -> tuple[str, ...] | None:
    """Which step reads it; a text is tried as ISO 8601, whose refusal says what to add."""
    value = example
    if isinstance(example, str) and example.strip().isdecimal() and len(example) < times.MAX_DIGITS:
        value = int(example)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return ()
    if value >= MICROSECONDS:
        return ("time:epoch-us",)
    return ("time:epoch-ms",) if value >= MILLISECONDS else ("time:epoch-s",)
