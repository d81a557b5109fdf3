"""Own keys: whatever somebody saves works, clashes with nothing, and shows on every hint."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import shortcuts
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import AuditEntry, User
from abusedesk.core.own_keys import REBINDABLE, save_keys
from tests import cast

CHARACTERS = st.characters(min_codepoint=33, max_codepoint=126)
TYPED = st.dictionaries(
    st.sampled_from(sorted(REBINDABLE)), st.one_of(st.just(""), CHARACTERS), max_size=12
)


@pytest.fixture
def rita(db: None) -> User:
    return cast.reviewer()


@pytest.fixture
def browser(rita: User) -> Client:
    client = Client()
    client.force_login(rita)
    return client


def keys_of(user: User) -> dict[str, tuple[str, ...]]:
    user.refresh_from_db()
    return {one.id: one.keys for one in shortcuts.in_force(user.own_keys)}


def test_the_defaults_do_not_clash() -> None:
    assert list(shortcuts.clashes(shortcuts.SHORTCUTS)) == []


def _chord(text: str) -> str:
    return f"Shift+{text}" if "A" <= text <= "Z" else text


@pytest.mark.row(31)
@given(typed=TYPED)
def test_no_rebinding_that_is_in_force_clashes(typed: dict[str, str]) -> None:
    """Counted here by hand: no two keys of scopes that are active together, no sequence cut off."""
    entries = shortcuts.in_force({name: _chord(text) for name, text in typed.items()})
    for scopes in shortcuts.TOGETHER:
        active = [one.keys for one in entries if one.scope in scopes]
        assert len(set(active)) == len(active)
        assert not {keys for keys in active if len(keys) == 1} & {
            keys[:1] for keys in active if len(keys) == 2
        }


def test_a_key_moves_and_the_old_one_is_free(rita: User) -> None:
    save_keys(actor=rita, typed={"note": ";"})
    save_keys(actor=rita, typed={"claim": "c", "skip": "Q"})
    found = keys_of(rita)
    assert (found["note"], found["claim"], found["skip"]) == ((";",), ("c",), ("Shift+Q",))
    assert AuditEntry.objects.latest("pk").data["what"] == "claim c, note ;, skip Shift+Q"


def test_two_keys_change_places_in_one_step(rita: User) -> None:
    save_keys(actor=rita, typed={"note": "a", "claim": "c"})
    assert (keys_of(rita)["note"], keys_of(rita)["claim"]) == (("a",), ("c",))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("note", "a"),  # of the case itself
        ("note", "j"),  # of its rows
        ("note", "u"),  # everywhere
        ("note", "g"),  # the start of a sequence
        ("undo", "n"),  # of the queue, and of the case
        ("help", "v"),  # the start of a sequence of the case only
        ("note", "\u00e4"),
        ("note", "xy"),
        ("note", "\x00"),
    ],
)
def test_a_key_that_is_taken_or_none_is_refused(rita: User, name: str, key: str) -> None:
    with pytest.raises(InvalidError) as refused:
        save_keys(actor=rita, typed={"skip": "x", name: key})
    assert refused.value.field in REBINDABLE
    assert keys_of(rita)["skip"] == ("z",)


def test_an_open_menu_may_use_the_keys_of_the_page_behind_it(rita: User) -> None:
    save_keys(actor=rita, typed={"snooze-week": "a"})
    assert keys_of(rita)["snooze-week"] == ("a",)


def test_own_keys_that_a_new_default_took_fall_back_to_the_defaults() -> None:
    assert shortcuts.in_force({"note": "a"}) == shortcuts.SHORTCUTS


def test_chords_and_sequences_cannot_be_changed(rita: User) -> None:
    save_keys(actor=rita, typed={"submit": "x", "go-cases": "x", "back": "", "nothing": "x"})
    assert rita.own_keys == {}


def test_hints_dialog_and_script_show_the_own_key(browser: Client, rita: User) -> None:
    save_keys(actor=rita, typed={"help": "!"})
    page = browser.get("/cases/").content.decode()
    assert 'data-hotkey="help" aria-keyshortcuts="!"' in page
    assert "<kbd>!</kbd>" in page
    assert "<kbd>?</kbd>" not in page
    assert '"id": "help", "scope": "global", "keys": ["!"]' in page


def test_all_single_keys_go_off_and_come_back(browser: Client, rita: User) -> None:
    assert browser.post("/me/shortcuts/", {"do": "off"}).status_code == 302
    left = keys_of(rita)
    assert not set(left) & set(REBINDABLE)
    assert ("palette" in left, "go-cases" in left) == (True, True)
    page = browser.get("/cases/").content.decode()
    assert 'data-hotkey="search filter"' in page
    assert 'data-hotkey="search filter" aria' not in page
    browser.post("/me/shortcuts/", {"do": "reset"})
    assert keys_of(rita) == {one.id: one.keys for one in shortcuts.SHORTCUTS}


def test_a_refused_form_keeps_what_was_typed_and_says_where(browser: Client, rita: User) -> None:
    answer = browser.post("/me/shortcuts/", {"note": "a", "skip": "x"})
    page = answer.content.decode()
    assert answer.status_code == InvalidError.status
    assert "is also the key of" in page
    assert 'name="skip" value="x"' in page
    assert keys_of(rita)["skip"] == ("z",)
