"""A pattern from the rule of one desk to the cases of another; no step can be left out."""

from __future__ import annotations

import pytest

from cases.choices import ReceivedState
from cases.services.received import (
    accept_pattern,
    backtest_received,
    enable_pattern,
    shadow_pattern,
)
from tests import desk as whole_desk
from tests.sharing import packs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.row(63)
def test_a_pattern_goes_from_desk_to_desk() -> None:
    whole_desk.forget()
    packs.store(25)
    author = packs.Author()
    row = author.shared()
    assert row.conflicts == []
    file = author.file(row)
    importer = packs.Importer(author.keys(), author.admin)
    received = importer.take(file)
    assert received.state == ReceivedState.QUARANTINED
    assert (received.why, received.green, received.lacks) == ("", True, [])
    received = accept_pattern(actor=importer.lead, received=received)
    received = backtest_received(actor=importer.lead, received=received, days=10)
    packs.work_off(received.backtest_id)
    received = shadow_pattern(actor=importer.lead, received=received)
    draft = enable_pattern(actor=importer.lead, received=received, reason="it found the waves")
    assert draft.made is None
