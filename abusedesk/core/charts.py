"""What a page with charts needs: its policy, and a chart with the table of the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Final, ParamSpec

from csp.decorators import csp_update
from django.http import HttpResponse

from abusedesk.core.htmx import DeskRequest

Rest = ParamSpec("Rest")
View = Callable[Concatenate[DeskRequest, Rest], HttpResponse]

# Styles need nothing: `components/chart_head.html` has a sheet into which Plotly writes its own.
PLOTLY: Final = {"img-src": ["data:", "blob:"]}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart with its table twin. nothing: what stands there while n is 0."""

    slug: str
    title: str
    unit: str
    n: int
    figure: dict[str, Any]
    heads: list[str]
    lines: list[list[Any]]
    nothing: str

    @property
    def figure_id(self) -> str:
        """Id of the JSON block that chart.js reads."""
        return f"figure-{self.slug}"


def with_charts(view: View[Rest]) -> View[Rest]:
    """Let a page draw; it is always a full load, because the policy belongs to the document."""
    return csp_update(PLOTLY)(view)  # type: ignore[arg-type,return-value]  # for plain requests
