"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from plotly import graph_objects as go
from plotly.io import to_html

from bench.evaluation.measures import share
from bench.evaluation.score import DESK, Score
from bench.evaluation.table import COLUMNS, Table
from bench.worlds.campaigns import RECIPES
from bench.worlds.campaigns.plot import VARIANTS

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}}
</style><h1>{title}</h1><p>{about}</p>{figures}{table}</html>"""


def write_page(path: Path, title: str, about: str, scores: Sequence[Score], table: Table) -> None:
    """Write figures and table to `path`."""
    figures = [_recall(scores), _named(scores), _times(scores)]
    parts = [
        to_html(figure, full_html=False, include_plotlyjs=number == 0)
        for number, figure in enumerate(figures)
    ]
    head = "".join(f"<th>{escape(name)}</th>" for name in ("measure", *COLUMNS))
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell.strip('*'))}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    page = _PAGE.format(
        title=escape(title), about=escape(about), figures="".join(parts),
        table=f"<table><tr>{head}</tr>{rows}</table>",
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _recall(scores: Sequence[Score]) -> go.Figure:
    """Share of the campaigns of each recipe that were found."""
    found = [one for score in scores for one in score.found]
    figure = go.Figure(layout={"title": "Campaigns found", "yaxis": {"range": [0, 1]}})
    for variant in VARIANTS:
        shares = []
        for recipe in RECIPES:
            of = [one for one in found if (one.recipe, one.variant) == (recipe.slug, variant)]
            shares.append(share(sum(one.is_found for one in of), len(of)))
        figure.add_bar(name=variant, x=[recipe.title for recipe in RECIPES], y=shares)
    return figure


def _named(scores: Sequence[Score]) -> go.Figure:
    """Accounts that each method names, by who they are."""
    mixed = [score for score in scores if score.world == "mixed"]
    figure = go.Figure(layout={"title": "Accounts named", "barmode": "stack"})
    for part in ("right", "coordinated", "benign"):
        counts = [
            sum(getattr(score.named[name], part) for score in mixed if name in score.named)
            for name in COLUMNS
        ]
        figure.add_bar(name=part, x=list(COLUMNS), y=counts)
    return figure


def _times(scores: Sequence[Score]) -> go.Figure:
    """When campaigns got their first case."""
    figure = go.Figure(layout={"title": f"Time to detect, {DESK} (min)", "yaxis": {"type": "log"}})
    for recipe in RECIPES:
        minutes = [
            max(1.0, one.minutes)
            for score in scores
            for one in score.found
            if one.recipe == recipe.slug and one.minutes is not None
        ]
        figure.add_box(name=recipe.title, y=minutes, boxpoints="all")
    return figure
