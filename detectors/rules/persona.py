"""D7: invented persons: bios after one template, machines that name themselves, made faces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

import msgspec

from detectors.base import (
    DAY_S,
    HOUR_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.lives.eras import Era, live, overlap, words_of
from detectors.personas.bio import bio_template
from detectors.personas.findings import Suspect, group_draft, single_draft
from detectors.personas.reveals import OWN_WORDS, reveals_itself

MAX_REVEALS = 10
MAX_SUSPECTS = 20_000
TOPIC_LEFT = 0.05
MIN_MARKS = 3


class Persona(msgspec.Struct, omit_defaults=True):
    """What is known of one account.

    bio: time, signal and template of the newest one. reveals: own texts in which it speaks as a
    machine, by hash, those with the smallest. avatar: first signal that calls its face made.
    """

    bio: tuple[float, int, int] = (0.0, 0, 0)
    reveals: dict[int, int] = {}
    avatar: tuple[float, int] = (0.0, 0)
    eras: list[Era] = []
    newest: float = 0.0


class Part(msgspec.Struct, array_like=True, frozen=True):
    """What one shard gives to a tick: template -> accounts, and who shows any other sign."""

    templates: dict[int, int]
    suspects: list[Suspect]


class PersonaParams(BaseParams):
    """How many indicators make a persona."""

    min_indicators: int = param(
        2,
        help="Indicators of four that an account must show",
        unit="indicators",
        ge=2,
        le=4,
        step=1,
    )
    own_posts: int = param(
        2,
        help="Own texts in which the account speaks as a language model",
        unit="posts",
        ge=1,
        le=MAX_REVEALS,
        step=1,
    )
    bio_accounts: int = param(
        3, help="Accounts that share a bio template", unit="accounts", ge=2, le=100, step=1
    )
    bio_cap: int = param(
        200,
        help="A template on more accounts is a fashion or an app's",
        unit="accounts",
        ge=10,
        le=10_000,
        step=10,
    )
    rest_d: int = param(
        60,
        help="Days without a word, after which a new topic counts",
        unit="days",
        ge=14,
        le=365,
        step=1,
        rebuild=True,
    )


class PersonaDetector(Detector[Persona, PersonaParams]):
    """Keys are accounts; the tick counts who shares a template."""

    meta = Meta(
        slug="persona",
        title="Invented persona",
        version=1,
        family=Family.IDENTITY,
        lookback_s=90 * DAY_S,
        tick_s=6 * HOUR_S,
        doc=(
            "Finds accounts with two of four signs of an invented person: a bio after a template "
            "that three or more accounts share (numbers, names and links are slots); two own texts "
            "in which a language model speaks of itself, in thirteen languages; a face that the "
            "sender calls made (attribute `synthetic_avatar` true); a rest of 60 days and another "
            "topic after it, where posts carry the profile. Each sign is weak and so are two: it "
            "never opens a case, it adds to other evidence. Quotations, shares, jokes and talk "
            "about such texts do not count."
        ),
        falsifiers=(
            "The account says that it is a bot.",
            "The person jokes, or shows what a machine answered.",
            "The bio is the motto of a club, a party or a fan group.",
            "The person uses a drawn or made picture openly.",
        ),
        source="Yang & Menczer 2023 (self-revealing posts); bio templates are the project's own.",
    )
    Params = PersonaParams
    State = Persona

    def keys(self, signal: Signal, p: PersonaParams) -> Iterable[Key]:
        if not signal.actor:
            return ()
        has_bio = signal.profile is not None and bool(signal.profile.bio)
        if has_bio or _is_made(signal) or reveals_itself(signal):
            return (Key("account", signal.account),)
        return ()

    def apply(
        self, key: Key, signal: Signal, state: Persona, p: PersonaParams
    ) -> list[FindingDraft]:
        """Only remembers; a template is a question over many accounts."""
        state.newest = max(state.newest, signal.at)
        if signal.profile is not None and signal.profile.bio:
            template = bio_template(signal.profile.bio)
            state.bio = max(state.bio, (signal.at, signal.id, template))
        if _is_made(signal):
            state.avatar = min(state.avatar if state.avatar[1] else signal.place, signal.place)
        if signal.kind in OWN_WORDS and signal.text:
            live(state.eras, signal, p.rest_d * DAY_S)
            if reveals_itself(signal):
                _note(state.reveals, signal)
        return []

    def part(self, clock: float, states: Mapping[Key, Persona], p: PersonaParams) -> Part:
        """How many accounts of this shard have which template, and those that show more."""
        since = clock - self.meta.lookback_s
        templates: dict[int, int] = {}
        suspects: list[Suspect] = []
        for key, state in states.items():
            if state.newest < since:
                continue
            if template := state.bio[2]:
                templates[template] = templates.get(template, 0) + 1
            if (suspect := _suspect(key.value, state, p)) is not None:
                suspects.append(suspect)
        return Part(templates, suspects)

    def tick(self, clock: float, parts: Sequence[Any], p: PersonaParams) -> list[FindingDraft]:
        """One finding for each template with suspects, and one for each other suspect."""
        told = [msgspec.convert(part, type=Part) for part in parts]
        sharing: Counter[int] = Counter()
        for part in told:
            sharing.update(part.templates)
        groups: dict[int, list[Suspect]] = {}
        single: list[Suspect] = []
        suspects = [one for part in told for one in part.suspects]
        for one in sorted(suspects, key=lambda one: (-one.last, one.account))[:MAX_SUSPECTS]:
            shared = p.bio_accounts <= sharing[one.template] <= p.bio_cap
            if len(one.signs) + shared < p.min_indicators:
                continue
            if shared:
                groups.setdefault(one.template, []).append(one)
            else:
                single.append(one)
        found = [group_draft(groups[name], sharing[name], p) for name in sorted(groups)]
        return found + [single_draft(one, p) for one in single]


def _is_made(signal: Signal) -> bool:
    return signal.attributes.get("synthetic_avatar") is True


def _note(reveals: dict[int, int], signal: Signal) -> None:
    """Each text once, those with the smallest hashes."""
    name = crc32(signal.text.encode("utf-8", "surrogatepass"))
    reveals[name] = min(signal.id, reveals.get(name, signal.id))
    if len(reveals) > MAX_REVEALS:
        del reveals[max(reveals)]


def _suspect(account: str, state: Persona, p: PersonaParams) -> Suspect | None:
    signs: dict[str, list[int]] = {}
    if len(state.reveals) >= p.own_posts:
        signs["reveals"] = sorted(state.reveals.values())
    if state.avatar[1]:
        signs["avatar"] = [state.avatar[1]]
    if changed := _new_topic(state.eras):
        signs["turn"] = changed
    _, bio_id, template = state.bio
    if not signs:
        return None
    return Suspect(account, template, bio_id, signs, state.newest)


def _new_topic(eras: Sequence[Era]) -> list[int]:
    """Signals that show another topic after a rest; none where too little was written."""
    if not eras[1:] or min(len(eras[-2].marks), len(eras[-1].marks)) < MIN_MARKS:
        return []
    old, new = words_of(eras[-2]), words_of(eras[-1])
    if not old or not new or overlap(old, new) > TOPIC_LEFT:
        return []
    return sorted(mark.signal_id for era in eras[-2:] for mark in era.marks.values())
