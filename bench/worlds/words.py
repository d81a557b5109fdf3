"""Texts of the worlds: everyday sentences, rewriting, and tongues that only the world speaks."""

from __future__ import annotations

import random
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np


def _listed(text: str) -> tuple[str, ...]:
    """Words of a literal, once, above the constants that need it."""
    return tuple(text.split())


_SYLLABLES: Final = _listed(
    "ba be bo da den do fa fi gar ha hol ja ka kin la lem lo ma mer mi na nor o pa per ra ri ro sa"
    " sel ta tor u va vin wes ya zan"
)
_TONGUES: Final = {
    "de": _listed(
        "ach berg den ein fel gung heit ich keit lich mat nen schaf stun tag ung ver wald"
    ),
    "fr": _listed(
        "aux beau cha d'ou elle fai gne ille jeu leur mon nous oir que rais sou tte vous"
    ),
    "es": _listed("a cion do el gua hab ito jo lla mos nada or pue que rro se tan un ver yo"),
    "ru": _listed("ать бо вы го де ет жи за ия ко ли мы на ово пра ре ско ти ую че"),  # noqa: RUF001 -- another script
}

NOUNS: Final = _listed(
    "album bridge bus cafe camera car choir city coach coffee concert cooker council course cup"
    " dentist dog door draft election engine exam farm festival film flat flight fridge game garden"
    " goal guitar harbour holiday hospital house kitchen lake laptop league library market meeting"
    " museum neighbour novel office park party phone photo player playlist printer queue radio"
    " recipe river road roof school season server shop show song station stadium storm strike team"
    " theatre ticket train trip tyre update village wedding weekend winter workshop"
)
QUALITIES: Final = _listed(
    "amazing average boring bright broken busy calm cheap clever cold crowded early empty expensive"
    " famous fresh funny gentle grey heavy honest huge late little lonely loud lovely messy modern"
    " narrow noisy old perfect plain quiet rainy rare rude shiny short silly slow soft strange"
    " sunny tiny tired warm weird wet wild windy wonderful"
)
DEEDS: Final = _listed(
    "bought carried chased cleaned closed counted cooked drew dropped fixed followed forgot found"
    " heard kept left lost met missed moved noticed opened ordered painted passed planned played"
    " posted read remembered repaired returned saw sold started stopped tested tried visited"
    " walked washed watched won wrote"
)
EVERYDAY: Final = (
    "just {d} the {q} {n} near {p} and it was {r}",
    "does anybody in {p} know a {q} {n} that is open on sunday",
    "my sister {d} a {n} yesterday, now the {m} is {q}",
    "the {n} at {p} is {q} again, third time this month",
    "still thinking about that {q} {n} we {d} last summer in {p}",
    "unpopular opinion: a {q} {n} beats any {m} from {p}",
    "finally {d} my {n}, thanks to everybody from {p} who helped",
    "can {p} please do something about the {q} {n} before the {m} starts",
    "this morning i {d} {p} with a {q} {n} and no {m}",
    "looking forward to the {n} with {p}, hope the {m} is not too {q}",
    "whoever {d} the {n} behind {p}: it is {q} and i love it",
    "why is every {n} in {p} so {q} and every {m} so {r}",
    "{p} said the {n} would be {q}, but the {m} was {r} instead",
    "photo of the day: a {q} {n} on the way to {p}",
    "we {d} twelve years ago at the {n} in {p}, still {q}",
    "note to self: never {d} the {n} when {p} is {q}",
)
SHORT: Final = (
    "so true", "first", "thank you so much!", "happy birthday!", "love this", "lol", "same here",
    "congratulations to the whole team", "where can i get this?", "well said", "good morning all",
    "this is the best one so far", "does this still work in 2026?", "who is here after the show",
)  # fmt: skip
_GROUPS: Final = (
    "accept,take", "account,profile", "advice,guidance", "afraid,scared", "ask,request",
    "bad,terrible,awful", "big,large,huge", "buy,get,order", "care,worry", "cheap,affordable",
    "citizens,people,residents", "claim,say,state", "company,firm,business", "danger,risk,threat",
    "demand,insist,require", "doctors,physicians,medics", "end,stop,finish", "fake,false,bogus",
    "fast,quick,rapid", "fee,charge,payment", "fight,struggle,battle", "find,discover,see",
    "fraud,scam,swindle", "give,hand,provide", "government,ministers,authorities", "great,superb",
    "hard,difficult,tough", "help,assist,support", "hide,conceal,cover up", "important,vital,key",
    "job,work,position", "know,realise,understand", "lawyer,attorney,solicitor", "lies,untruths",
    "lost,missing,gone", "make,create,produce", "many,numerous,countless", "meet,get to know",
    "message,note,text", "money,funds,cash", "nation,country,land", "near,close to", "new,fresh",
    "old,former,previous", "poison,toxin,chemical", "proof,evidence", "quickly,soon,at once",
    "read,look at,check", "refund,repayment", "report,article,story", "safe,secure,protected",
    "secret,hidden,covert", "send,transfer,forward", "shame,disgrace,scandal", "share,spread",
    "show,reveal,expose", "start,begin,launch", "tell,inform", "truth,facts,reality",
    "urgent,pressing", "victims,sufferers", "want,wish,would like", "win,gain,earn",
)  # fmt: skip
_SYNONYMS: Final = {
    word: [other for other in group.split(",") if other != word]
    for group in _GROUPS
    for word in group.split(",")
}
_FILLERS: Final = ("really", "honestly", "again", "today", "right now", "by the way", "surely")


@lru_cache(maxsize=1)
def tail() -> tuple[str, ...]:
    """4,000 names of places and people that no dictionary has, the commonest first."""
    dice = random.Random("tail")
    names = {"".join(dice.choices(_SYLLABLES, k=dice.choice((2, 3, 3, 4)))) for _ in range(6_000)}
    return tuple(sorted(names, key=lambda name: blake2b(name.encode()).digest())[:4_000])


def everyday(rng: np.random.Generator, count: int, topic: int = 0) -> list[str]:
    """Posts of people about nothing in particular; a tenth is a commonplace of a few words.

    topic: a community talks about some of the words more than about others.
    """
    names = tail()
    rank = (rng.pareto(0.7, (count, 3)) * 12 + topic * 37).astype(np.int64) % len(names)
    slots = rng.integers(1 << 30, size=(count, 6))
    form, lines = rng.integers(len(EVERYDAY), size=(count, 2)), rng.random(count)
    texts = []
    for k in range(count):
        if lines[k] < 0.1:
            texts.append(SHORT[slots[k, 0] % len(SHORT)])
            continue
        text = _fill(EVERYDAY[form[k, 0]], slots[k, :3], names[rank[k, 0]])
        if lines[k] < 0.55:
            text += ". " + _fill(EVERYDAY[form[k, 1]], slots[k, 3:], names[rank[k, 1]])
        texts.append(text + (f" {names[rank[k, 2]]}" if lines[k] < 0.7 else ""))
    return texts


def paraphrase(dice: random.Random, text: str, strength: float) -> str:
    """The text in other words: synonyms, another order of its clauses, fillers. strength: 0..1."""
    if strength <= 0:
        return text
    words = []
    for word in text.split(" "):
        bare = word.strip(".,:;!?").lower()
        if bare in _SYNONYMS and dice.random() < strength:
            words.append(word.lower().replace(bare, dice.choice(_SYNONYMS[bare])))
        else:
            words.append(word)
        if dice.random() < strength * 0.12:
            words.append(dice.choice(_FILLERS))
    clauses = " ".join(words).split(", ")
    if len(clauses) > 1 and dice.random() < strength:
        turn = dice.randrange(1, len(clauses))
        clauses = clauses[turn:] + clauses[:turn]
    sentences = ", ".join(clauses).split(". ")
    if dice.random() < strength * 0.6:
        dice.shuffle(sentences)
    return ". ".join(sentences)


def foreign(text: str, tongue: str) -> str:
    """Word by word in a made-up tongue, in which a word is always the same; links stay."""
    return " ".join(
        word if "://" in word or word.startswith("#") else _translated(word, tongue)
        for word in text.split(" ")
    )


def _fill(form: str, slots: np.ndarray[tuple[int], np.dtype[np.int64]], place: str) -> str:
    first, second, third = slots.tolist()
    return form.format(
        n=NOUNS[first % len(NOUNS)],
        m=NOUNS[first // 97 % len(NOUNS)],
        q=QUALITIES[second % len(QUALITIES)],
        r=QUALITIES[second // 89 % len(QUALITIES)],
        d=DEEDS[third % len(DEEDS)],
        p=place,
    )


@lru_cache(maxsize=20_000)
def _translated(word: str, tongue: str) -> str:
    pieces = _TONGUES[tongue]
    bare = word.strip(".,:;!?")
    digits = blake2b(f"{tongue}:{bare.lower()}".encode(), digest_size=4).digest()
    made = "".join(pieces[digit % len(pieces)] for digit in digits[: 1 + len(bare) // 4])
    return word.replace(bare, made) if bare else word
