"""Who is named with `@` in a note, and which of them may know of the case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.db.models.functions import Lower

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.models import Case

MOST: Final = 20  # people named in one note
LOOKED_UP: Final = 200  # words with an @; accounts under review are written like people

# What a user name is made of; a sentence may end right behind it. `a@b.example` names nobody.
_NAMED: Final = re.compile(r"(?<![\w.@+/-])@([\w.+-][\w.@+-]{0,149})")
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_END: Final = ".-+@"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """told: may know of the case. refused: may not, so they are not told. Both by name."""

    told: tuple[User, ...] = ()
    refused: tuple[User, ...] = ()

    @property
    def sentence(self) -> str:
        """Who is not told, and why; empty where everybody is."""
        names = ", ".join(str(one) for one in self.refused)
        return f"Not told: {names}, who may not see this case." if names else ""


def names_in(text: str) -> list[str]:
    """Every word behind an `@`, once, in their order; nothing out of code. At most 200."""
    found = _NAMED.findall(_CODE.sub(" ", text))
    return list(dict.fromkeys(found))[:LOOKED_UP]


def mentioned_in(text: str, case: Case) -> Mentioned:
    """People of the desk whom the text names; other words with an `@` are just words.

    Raises InvalidError when there are more than 20.
    """
    people = _people(names_in(text))
    if len(people) > MOST:
        message = f"A note can name {MOST} people; this one names {len(people)}."
        raise InvalidError(message, field="body")
    if not people:
        return Mentioned()
    seeing = set(policy.colleagues_of(case.queue).filter(pk__in=[one.pk for one in people]))
    return Mentioned(
        told=tuple(one for one in people if one in seeing),
        refused=tuple(one for one in people if one not in seeing),
    )


def _people(names: list[str]) -> list[User]:
    """Active people, whatever the case of their letters; the exact name goes first."""
    exact = {form for name in names for form in (name, name.rstrip(_END))} - {""}
    if not exact:
        return []
    lower = {name.lower() for name in exact}
    rows = User.objects.filter(is_active=True).annotate(lower=Lower("username"))
    found = list(rows.filter(lower__in=lower).order_by("username"))
    known = {one.username.lower() for one in found if one.username in exact}
    return [one for one in found if one.username in exact or one.username.lower() not in known]
