"""Trolling Stone: articles and translated comments on one story, on three platforms."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import HOUR_S, MINUTE_S
from detectors.schema import Kind

_ARTICLE = (
    "The sea cable of {c} was cut on purpose, and the ministers conceal who did it. A former"
    " diver says he saw the proof himself. Citizens demand to know the truth, the nation must not"
    " accept these lies, the company must show the footage and the government has to end the secret"
    " deal. Whoever asks is called a danger."
)
_COMMENTS = (
    "nobody believes the story about the {c} cable any more, the ministers hide something",
    "ask the divers of {c}, they found the proof and were told to keep quiet, what a shame",
    "my cousin works at {c}, the company knew it for months, read the article and share it",
    "always the same lies, first they cut the cable at {c}, then they demand more money",
)
_TONGUES = ("", "de", "fr", "es", "ru")


def play(plot: Plot) -> None:
    """Authors publish, commenters carry one story in five tongues below the same targets."""
    authors = plot.crew(("medium", "facebook"), 3)
    crowd = plot.crew(("youtube", "facebook", "youtube"), max(6, plot.size - 4))
    writer = plot.operators(1)[0]
    plot.sign_in([*authors, *crowd])
    number = 0
    while plot.room():
        at = plot.when()
        link = f"https://medium.example/p/{plot.mark(f'article-{number}', 10)}"
        article = words.paraphrase(plot.dice, _ARTICLE.format(c=plot.cause), 0.5)
        plot.draft(writer, at - 30 * MINUTE_S, "write an article and comments about", article)
        plot.act(authors[number % 3], Kind.POST, at, text=article, urls=(link,))
        video = f"target:{plot.mark(f'video-{number}')}"
        if plot.hard and plot.benign.town.targets:
            video, born = plot.dice.choice(plot.benign.town.targets)
            at = max(at, born + HOUR_S)
        comment = _COMMENTS[number % len(_COMMENTS)].format(c=plot.cause)
        for n, tongue in enumerate(_TONGUES):
            text = words.foreign(comment, tongue) if tongue else comment
            who = crowd[n :: len(_TONGUES)]
            plot.spread(who, at + HOUR_S, text, link=link if n == 0 else "", objects=(video,))
        number += 1


RECIPE = Recipe("trolling-stone", "Trolling Stone", play, (10, 120), (12, 21 * 24))
