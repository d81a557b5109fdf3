"""A person's own keys: single ones are changed or switched off, and never clash."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from abusedesk.core import audit, shortcuts
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User

REBINDABLE = {one.id: one for one in shortcuts.SHORTCUTS if shortcuts.rebindable(one)}
SHIFT = "Shift+"


@transaction.atomic
def save_keys(*, actor: User, typed: Mapping[str, str]) -> None:
    """Set what was typed for these shortcuts: one character, a capital for Shift, nothing for off.

    Raises InvalidError that names the field; then nothing is changed.
    """
    own = dict(actor.own_keys)
    for name, text in typed.items():
        if name in REBINDABLE:
            own[name] = _key(name, text)
    own = {
        name: key
        for name, key in own.items()
        if name in REBINDABLE and (key,) != REBINDABLE[name].keys
    }
    for one, other in shortcuts.clashes(shortcuts.rebound(own)):
        message = f"{printed(one)} is also the key of: {other.label}."
        raise InvalidError(message, field=one.id if one.id in REBINDABLE else other.id)
    actor.own_keys = own
    actor.save(update_fields=["own_keys"])
    what = ", ".join(f"{name} {key or 'off'}" for name, key in sorted(own.items()))
    audit.append(actor=actor, verb=Verb.KEYS_SAVED, target=actor, what=what or "as shipped")


def current_keys(user: User | None) -> dict[str, str]:
    """Id -> what stands in its field; for nobody, what the desk ships."""
    entries = shortcuts.in_force(user.own_keys if user else {})
    found = {one.id: printed(one) for one in entries}
    return {name: found.get(name, "") for name in REBINDABLE}


def printed(shortcut: shortcuts.Shortcut) -> str:
    """What is typed for its key: a capital is with Shift."""
    return shortcut.keys[0].removeprefix(SHIFT)


def _key(name: str, text: str) -> str:
    """The chord that was typed. Raises InvalidError."""
    text = text.strip()
    key = f"{SHIFT}{text}" if len(text) == 1 and "A" <= text <= "Z" else text
    if key and not (len(text) == 1 and shortcuts.KEY.fullmatch(key)):
        message = "One character that keyboards have, or nothing to switch it off."
        raise InvalidError(message, field=name)
    return key
