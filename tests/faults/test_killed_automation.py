"""`kill -9` of workers that act by themselves: no account twice, none lost, never above the cap."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from cases import automating
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Delivery, Webhook
from detectors.choices import Mode
from detectors.models import FollowedFinding
from detectors.services.config import save_config
from tests.cases.automated import SLUG, allowed, found, names

pytestmark = [pytest.mark.faults, pytest.mark.row(96), pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
WORK = (
    "from cases import automating\nprint('ready', flush=True)\nwhile automating.automate(1): pass\n"
)
FINDINGS, EACH, CAP, KILLS = 150, 4, 300, 6


def _worker() -> subprocess.Popen[str]:
    """A process of its own on the database of the test, at work once this returns."""
    dsn, _, where = os.environ["DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    environ = os.environ | {"DATABASE_URL": f"{dsn.rpartition('/')[0]}/{name}?{where}"}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", WORK],
        env=environ, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_workers_act_on_each_account_once_and_exactly_up_to_the_cap() -> None:
    save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")
    Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)
    allowed(cap=CAP)
    for place in range(FINDINGS):
        # neighbours share an account, so that two findings compete for it
        first = place * (EACH - 1)
        found([f"x:a{first + step}" for step in range(EACH)], anchor=f"d-{place}")
    dice, killed = Random(9), 0
    while killed < KILLS and FollowedFinding.objects.exists():
        with _worker() as worker:
            time.sleep(dice.uniform(0.02, 0.2))
            killed += worker.poll() is None
            worker.kill()
    assert killed >= KILLS // 2
    while automating.automate(1):
        pass
    accounts = FINDINGS * (EACH - 1) + 1
    assert AutomatedAction.objects.count() == accounts
    assert AutomatedAction.objects.values("account").distinct().count() == accounts
    assert len(names(AutomatedState.ACTED)) == CAP
    assert Delivery.objects.count() == CAP
    assert Delivery.objects.values("automated").distinct().count() == CAP
    assert len(names(AutomatedState.HELD)) == accounts - CAP
