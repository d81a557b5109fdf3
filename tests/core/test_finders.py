"""Static files out of wheels, with and without collectstatic."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.test import Client

from abusedesk.finders import DeskStaticStorage, PlotlyFinder


def test_plotly_is_found_in_its_wheel() -> None:
    found = finders.find("vendor/plotly.min.js")
    assert found is not None
    assert Path(found).stat().st_size > 1_000_000


def test_every_style_element_that_plotly_would_make_is_there_already() -> None:
    """A new version may bring another: Plotly looks for each by its id before it makes one."""
    wheel = Path(str(finders.find("vendor/plotly.min.js"))).read_text(encoding="utf-8")
    named = re.findall(r'getElementById\("(\w{32,})"\)', wheel)
    assert wheel.count('createElement("style")') == len(named) + 1
    assert '"plotly.js-style-"+' in wheel
    head = render_to_string("components/chart_head.html")
    assert all(f'id="{one}"' in head for one in ("plotly.js-style-global", *named))


def test_htmx_is_shipped_by_its_own_app() -> None:
    assert finders.find("django_htmx/htmx-2.min.js") is not None


def test_no_other_file_of_the_wheel_is_reachable() -> None:
    for path in ("vendor/../templates/plotly.json", "vendor/widgetbundle.js", "plotly.min.js"):
        assert PlotlyFinder().find(path) is None
        assert PlotlyFinder().find(path, find_all=True) == []


def test_collectstatic_sees_one_file_under_vendor() -> None:
    ((name, storage),) = PlotlyFinder().list([])
    assert (storage.prefix, name) == ("vendor", "plotly.min.js")  # type: ignore[attr-defined] # set by the finder
    assert storage.exists(name)


def test_before_collectstatic_names_are_plain() -> None:
    assert staticfiles_storage.url("vendor/plotly.min.js") == "/static/vendor/plotly.min.js"


def test_after_collectstatic_names_are_hashed(tmp_path: Path) -> None:
    storage = DeskStaticStorage(location=tmp_path, base_url="/static/")
    storage.hashed_files = {"css/base.css": "css/base.0123.css"}
    assert storage.url("css/base.css") == "/static/css/base.0123.css"


@pytest.mark.django_db
def test_a_page_gets_its_static_files_without_collectstatic(client: Client) -> None:
    with closing(client.get("/static/django_htmx/htmx-2.min.js")) as answer:
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/javascript")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["../manage.py", "%2e%2e/manage.py", "vendor/../../manage.py"])
def test_nothing_outside_is_served(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404
