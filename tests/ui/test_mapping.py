"""A person maps a pasted sample, saves it, sends it with curl, and sees the signal."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from abusedesk.core import clock
from abusedesk.core.models import Scope
from abusedesk.core.tokens import issue_token
from detectors.mapping.targets import FIXED
from detectors.models import SavedMapping, Signal
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.row(7)]
Enter = Callable[..., Visitor]
NAMES = list(FIXED)
RLO = "\u202e"
PACK = (
    "<script>document.title='owned'</script><img src=https://evil.example/p.png onerror=alert(1)>"
    f"<div hx-get='/logout/' hx-trigger='load'>x</div> https://evil.example/pay {RLO}gpj.exe"
)


def sample(**more: object) -> str:
    """What a shop sends of one posting, now."""
    item = {
        "id": "post-77",
        "type": "posted",
        "created_at": clock.now().isoformat(timespec="seconds"),
        "user": {"id": "u-5", "name": "Rosa"},
        "body": "claim your prize at hxxps://login-prize[.]example/win",
        "rating": 5,
    }
    return json.dumps({"cursor": "c9", "data": [item | more]}, indent=1)


def path_of(page: Page, field: str) -> str:
    return page.locator(f"#path-{NAMES.index(field)}").input_value()


def test_a_pasted_sample_is_mapped_saved_sent_with_curl_and_seen(
    enter: Enter, desk: world.Desk, tmp_path: Path
) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/mapping/")
    page.get_by_role("link", name="New mapping").first.click()
    ada.ready()
    page.get_by_label("What the tool sends").fill(sample())
    expect(page.locator("#tree mark", has_text="login-prize")).to_be_visible()
    expect(page.locator("#id_items")).to_have_value("$.data[*]")
    assert path_of(page, "actor") == "$.user.id"
    expect(page.locator("#result")).to_contain_text("gives no platform, which is required")
    at = NAMES.index("platform")
    expect(page.locator(f"#complaints-{at}")).to_contain_text("which is required")
    page.get_by_label("Constant for platform").fill("acme-shop")
    expect(page.locator("#result")).to_contain_text("1 of 1 become signals")
    expect(page.locator("#result mark", has_text="login-prize")).to_be_visible()
    expect(page.locator(f"#complaints-{at}")).to_be_empty()
    page.get_by_label("Name", exact=True).fill("acme")
    page.get_by_label("Reason").fill("first shop")
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_role("heading", name="Send to it")).to_be_visible()
    assert SavedMapping.objects.get().number == 1
    _send(page, tmp_path, desk)
    signal = Signal.objects.get(external_id="post-77")
    ada.go("/signals/?platform=acme-shop")
    expect(page.locator(f"#signal-{signal.pk}")).to_contain_text("login-prize[.]example")
    page.locator(f"#signal-{signal.pk} [data-open]").click()
    expect(page.get_by_role("heading", name="As it was sent")).to_be_visible()
    expect(page.locator("pre.code")).to_contain_text('"rating": 5')
    assert ada.watch.errors == []
    assert ada.watch.off_origin == []
    assert ada.violations() == []


def _send(page: Page, folder: Path, desk: world.Desk) -> None:
    """Run what the page says, as a person would: the sample in a file, the token in a variable."""
    (folder / "sample.json").write_text(page.locator("#id_sample").input_value(), encoding="utf-8")
    _, token = issue_token(user=desk.admin, name="shop", scopes=[Scope.INGEST])
    command = page.locator("#curl").inner_text()
    said = (_by_curl if shutil.which("curl") else _by_hand)(command, folder, token)
    assert json.loads(said) == {"accepted": 1, "duplicates": 0, "rejected": []}


def _by_curl(command: str, folder: Path, token: str) -> bytes:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "ABUSEDESK_TOKEN": token},
        capture_output=True,
        check=True,
        timeout=30,
    )
    return done.stdout


def _by_hand(command: str, folder: Path, token: str) -> bytes:
    """What the command says, word for word, where no curl is installed."""
    words = shlex.split(command.replace("$ABUSEDESK_TOKEN", token))
    options = [*pairwise(words)]
    (url,) = (word for word in words if word.startswith("http"))
    headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
    (file,) = (value.removeprefix("@") for name, value in options if name == "--data-binary")
    request = Request(url, (folder / file).read_bytes(), headers)
    with urlopen(request, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def test_it_works_without_javascript(enter: Enter, tmp_path: Path) -> None:
    ada = enter("ada", script=False)
    page = ada.page
    page.goto(f"{ada.base}/settings/mapping/new/")
    file = tmp_path / "posts.csv"
    file.write_text(f"id;ts;text\n1;{clock.now().isoformat()};hello\n", encoding="utf-8")
    page.get_by_label("or a file, then Try").set_input_files(file)
    page.get_by_role("button", name="Try", exact=True).click()
    assert path_of(page, "text") == "$.text"
    page.get_by_label("Constant for platform").fill("acme-shop")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#result")).to_contain_text("1 of 1 become signals")
    page.get_by_label("Name", exact=True).fill("Acme")
    page.get_by_label("Reason").fill("csv")
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_text("The name is 1 to 28")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("acme")
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.locator("#curl")).to_contain_text("--data-binary @sample.csv")


def test_typing_is_never_replaced(enter: Enter) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/mapping/new/")
    page.get_by_label("What the tool sends").fill(sample())
    expect(page.locator("#id_items")).to_have_value("$.data[*]")
    path = page.locator(f"#path-{NAMES.index('text')}")
    path.fill("")
    path.press_sequentially("$.user.na", delay=120)
    expect(page.locator("#result")).not_to_contain_text("login-prize")
    path.press_sequentially("me", delay=120)
    expect(path).to_be_focused()
    expect(path).to_have_value("$.user.name")
    assert ada.watch.errors == []


def test_a_hostile_sample_is_text_everywhere(enter: Enter) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/mapping/new/")
    hostile = sample(**{PACK[:60]: {PACK: PACK}, "body": PACK, "type": PACK})
    page.get_by_label("What the tool sends").fill(hostile)
    expect(page.locator("#tree .chip-code", has_text="RLO").first).to_be_visible()
    expect(page.locator("#result")).to_contain_text("refused")
    page.get_by_label("Constant for platform").fill("acme-shop")
    page.get_by_label("Path of kind").fill("")
    page.get_by_label("Constant for kind").fill("post")
    expect(page.locator("#result")).to_contain_text("1 of 1 become signals")
    assert "owned" not in page.title()
    assert RLO not in page.locator("main").inner_text()
    assert page.locator("main :is(img, script, iframe, a[href*='evil'], [onerror])").count() == 0
    assert page.locator("main [hx-get='/logout/']").count() == 0
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (1440, 1024, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(wide) <= 0, width
    assert re.search(r"/settings/mapping/new/$", page.url)
    assert (ada.watch.dialogs, ada.watch.off_origin, ada.watch.errors) == ([], [], [])
    assert ada.violations() == []
