"""Dormant persona farm: old accounts with one template wake up and turn to one topic."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import DAY_S, Act
from detectors.schema import Kind

_BIO = "{w} from {p}. Coffee, {h} and honest opinions. Views are my own."
_TRADES, _HOBBIES = (
    ("Nurse", "Teacher", "Engineer", "Baker"),
    ("football", "dogs", "jazz", "hiking"),
)
_TOPIC = (
    "I was never interested in politics, but the vote in {c} is important and people must know it",
    "Everybody in {c} should read what the candidate says about work and money, a great plan",
    "My family always voted for the old party in {c}, now we want something new, share it",
    "The polls in {c} conceal the truth, citizens want a fresh start and they will win",
)
_SLIPS = (
    "As an AI language model I cannot have opinions on the vote in {c}, but here is a post for you",
    "Sure! Here is a tweet about the vote in {c} in a casual tone, under 200 characters",
)


def play(plot: Plot) -> None:
    """Personas with generated faces post for one side; now and then the model's voice slips out."""
    born = -plot.dice.uniform(400, 900) * DAY_S
    farm = [
        plot.member(
            ("x", "facebook")[n % 2],
            born=born + plot.dice.uniform(0, 3) * DAY_S,
            bio=plot.reworded(
                _BIO.format(w=_TRADES[n % 4], p=plot.cause.title(), h=_HOBBIES[n // 4 % 4])
            ),
            avatar=plot.mark(f"face-{n}", 64),
            followers=plot.dice.randrange(5, 80),
        )
        for n in range(plot.size)
    ]
    for who in farm:
        at = plot.dice.uniform(0, 0.05) * plot.begin
        text, told = words.everyday(plot.bulk, 1)[0], {"synthetic_avatar": True}
        plot.prelude.append(Act(at, who, Kind.POST, {"text": text, "attributes": told}))
    plot.sign_in(farm)
    number = 0
    while plot.room():
        at = plot.when()
        text = _TOPIC[number % len(_TOPIC)].format(c=plot.cause)
        tag = f"hashtag:vote{plot.cause}"
        plot.spread(farm, at, text, objects=(tag,), chance=0.35)
        if number % 4 == 0 and not plot.faint:
            slip = _SLIPS[number // 4 % 2].format(c=plot.cause)
            plot.act(plot.dice.choice(farm), Kind.POST, at + plot.late(), text=slip)
        number += 1


RECIPE = Recipe("persona-farm", "Dormant persona farm", play, (8, 150), (72, 45 * 24))
