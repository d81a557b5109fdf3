"""Keys by the time from which they are looked at, so that a sweep does not go over all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from detectors.base import MINUTE_S, Key

SLOT_S: Final = 5 * MINUTE_S


class Agenda:
    """Slots of keys. Whoever takes a key out and still needs it puts it back.

    So a key costs one step when it is put in and one each time its slot comes, however many other
    keys there are and however often it was touched meanwhile.
    """

    def __init__(self) -> None:
        self._slots: defaultdict[int, list[Key]] = defaultdict(list)

    def put(self, keys: Iterable[Key], due: float) -> None:
        """Have keys looked at by the first sweep after `due`."""
        self._slots[int(due // SLOT_S)].extend(keys)

    def take(self, moment: float) -> Iterator[Key]:
        """Take out every key that is due before `moment`, and those of the slot that it is in."""
        passed, open_ = self.take_apart(moment)
        return chain(chain.from_iterable(passed), open_)

    def take_apart(self, moment: float) -> tuple[list[list[Key]], list[Key]]:
        """The same: the slots that are over, of which all is due, and that which `moment` is in."""
        due = sorted(slot for slot in self._slots if slot * SLOT_S < moment)
        over = [self._slots.pop(slot) for slot in due if (slot + 1) * SLOT_S <= moment]
        return over, [key for slot in due[len(over) :] for key in self._slots.pop(slot)]

    def clear(self) -> None:
        """Forget everything."""
        self._slots.clear()
