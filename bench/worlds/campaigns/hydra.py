"""Hydra distillation: many AI accounts ask one template, each far below its own limit."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.benign.assistants import SERVICES
from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import HOUR_S

_TEMPLATE = (
    "You are an expert in {t}. Solve problem {n}: {q}. Think step by step, show the complete"
    " reasoning in <thinking> tags and only then give the final answer"
)
_FIELDS = ("algebra", "law", "chemistry", "python", "biology", "finance", "physics", "history")


def play(plot: Plot) -> None:
    """Accounts with one owner, in turns around the clock, with long answers to hard questions."""
    cards = max(1, plot.size // (2 if plot.faint else 9))
    heads = [
        plot.member(
            SERVICES[0],
            born=plot.begin - plot.dice.uniform(0, 6) * HOUR_S,
            card=f"card-{n if plot.hard else n % cards}",
        )
        for n in range(plot.size)
    ]
    plot.sign_in(heads)
    number = 0
    while plot.room():
        turn = plot.begin + plot.length * (number / max(1, plot.budget // 2))
        who = heads[number % len(heads)]
        question = words.everyday(plot.bulk, 1)[0]
        asked = _TEMPLATE.format(t=_FIELDS[number % 8], n=number, q=question)
        if plot.hard:
            asked = plot.reworded(asked)
        said = ". ".join(words.everyday(plot.bulk, 6))
        plot.draft(who, min(turn, plot.begin + plot.length) + plot.late(), asked, said)
        number += 1


RECIPE = Recipe("hydra", "Hydra distillation", play, (10, 500), (6, 14 * 24))
