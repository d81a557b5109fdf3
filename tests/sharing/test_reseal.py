"""A changed secret key: stored secrets are sealed anew, what neither key opens is named."""

from __future__ import annotations

import importlib
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from abusedesk.core import sealing
from abusedesk.core.models import AuditEntry, User
from cases.models import Feed, HeldKey, Webhook
from cases.services.reseal import SEALED, reseal_all
from cases.services.webhook import save_webhook
from tests.sharing import desk

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "old-" * 12, "new-" * 12


@pytest.fixture
def hook(db: None, settings: Settings) -> Webhook:
    """A desk that shares and tells a receiver, under its first key."""
    settings.SECRET_KEY = OLD
    on = desk.desk()
    return save_webhook(actor=on.admin, url="https://receiver.example/hook", secret="s" * 20)


def test_every_secret_of_the_desk_opens_after_its_key_was_changed(
    hook: Webhook, settings: Settings, tmp_path: Path
) -> None:
    feed = Feed.objects.create(
        slug="f", url="https://f.example/", secret=_sealed("t", "feed"), owner=User.objects.all()[0]
    )
    HeldKey.objects.create(
        feed=feed, key_id="theirs", secret=_sealed("ab", "circle-key"), began_at=hook.created_at
    )
    before = _plain()
    assert len(before) == len(SEALED)
    settings.SECRET_KEY = NEW
    with pytest.raises(sealing.LostError):
        _plain()
    kept = tmp_path / "old"
    kept.write_text(f"{OLD}\n")
    said = _reseal(kept)
    assert f"{len(before)} secrets are sealed anew, 0 were already, 0 open" in said
    assert _plain() == before
    assert f"0 secrets are sealed anew, {len(before)} were already" in _reseal(kept)
    assert AuditEntry.objects.filter(verb="secrets.resealed").count() == 2


def test_what_neither_key_opens_is_named_and_stays(hook: Webhook, settings: Settings) -> None:
    settings.SECRET_KEY = NEW
    found = reseal_all(old_key="a third one")
    hook.refresh_from_db()
    assert found.anew == 0
    assert "Webhook https://receiver.example/hook: secret" in found.lost
    settings.SECRET_KEY = OLD
    assert hook.plain == "s" * 20


@pytest.mark.parametrize("text", [None, "", b"\xff\xfe"])
def test_an_old_key_that_cannot_be_read_is_refused(
    db: None, tmp_path: Path, text: str | bytes | None
) -> None:
    file = tmp_path / "old"
    if text is not None:
        file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(CommandError, match="--old-key-file"):
        _reseal(file)


def test_whatever_the_desk_seals_is_in_the_table() -> None:
    used = set()
    for path in (ROOT / "cases").rglob("*.py"):
        names = re.findall(
            r"sealing\.seal\((?:[^()]|\([^()]*\))*purpose=([A-Z]+)", path.read_text()
        )
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if names and "migrations" not in module and not module.endswith("reseal"):
            used |= {getattr(importlib.import_module(module), name) for name in names}
    assert used == {one.purpose for one in SEALED}


def _sealed(plain: str, purpose: str) -> str:
    return sealing.seal(plain, purpose=purpose)


def _plain() -> dict[tuple[type, str], str]:
    """The first secret of every column."""
    found = {}
    for rows, column, purpose in SEALED:
        stored = getattr(rows.order_by("pk").first(), column)
        found[rows.model, column] = sealing.unseal(stored, purpose=purpose)
    return found


def _reseal(file: Path) -> str:
    out = StringIO()
    call_command("reseal", "--old-key-file", str(file), stdout=out)
    return out.getvalue()
