"""Which names one operation uses: from a name to the accounts behind it, to their other names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from detectors.base import Key
from detectors.funnel.acts import CHATS, SITE
from detectors.funnel.counting import Funnel, Rules, count
from detectors.funnel.steps import NOBODY, Steps

MAX_NAMES = 64
MAX_CO_WRITERS = 50
LEAST_PAYERS = 2


class Table:
    """All rows, and where each account and each person stands in them."""

    def __init__(self, steps: dict[Key, Steps], rules: Rules) -> None:
        self.steps = steps
        self._rules = rules
        self._inside: dict[Key, set[str]] = {}
        self._tied: dict[str, set[Key]] = defaultdict(set)
        self._met: dict[str, set[Key]] = defaultdict(set)
        self._paid: dict[str, set[Key]] = defaultdict(set)
        for key, one in steps.items():
            self._inside[key] = _insiders(key, one, steps)
            for account in self._inside[key]:
                self._tied[account].add(key)
            for person in one.talks:
                self._met[person].add(key)
            for person in one.bills.keys() - {NOBODY}:
                self._paid[person].add(key)

    def funnel(self, seed: Key) -> Funnel:
        """From a name to the accounts behind it, to their other names, and no further."""
        first = {seed, *self._who_met_payers(seed)}
        names = set(first)
        for key in first:
            for account in self._inside[key]:
                names |= self._tied[account]
        names |= self._co_writers(names)
        names |= self._paid_by(names)
        ordered = sorted(names, key=lambda key: (key not in first, key))
        funnel = Funnel(seed, sorted(ordered[:MAX_NAMES]), truncated=len(ordered) > MAX_NAMES)
        for key in funnel.names:
            self._gather(funnel, key)
        funnel.ads.sort()
        funnel.bills.sort(key=lambda one: (one[1], one[0]))
        count(funnel, self._rules)
        return funnel

    def _gather(self, funnel: Funnel, key: Key) -> None:
        steps = self.steps[key]
        inside = self._inside[key]
        for account, days in steps.ads.shares.items():
            funnel.ads += [(at, id_, account) for at, id_ in days]
            if key.type == SITE and account not in inside:
                funnel.soft.add(account)
        for person, talk in steps.talks.items():
            if talk.account not in inside:
                continue
            known = funnel.talks.get(person)
            funnel.talks[person] = talk if known is None else min(known, talk)
        known_bills = set(funnel.bills)
        bills = [(person, bill) for person, some in steps.bills.items() for bill in some]
        funnel.bills += [one for one in bills if one not in known_bills]
        funnel.payees += bool(bills)
        funnel.owners |= inside
        funnel.declared |= steps.declared
        funnel.truncated |= steps.truncated

    def _who_met_payers(self, seed: Key) -> set[Key]:
        """Names under which enough of those were met who paid here: at least half of them."""
        payers = [person for person in self.steps[seed].bills if person != NOBODY]
        return _often(self._met, payers, self._rules.least)

    def _co_writers(self, names: Iterable[Key]) -> set[Key]:
        """Accounts that write to the same people: one's human, the other's bot.

        Not a known merchant's, whose customers anybody may write to.
        """
        found: set[Key] = set()
        for key in sorted(key for key in names if key.type == CHATS):
            beside = _often(self._met, self.steps[key].talks, self._rules.least)
            found |= {
                other for other in beside if other.type == CHATS and not self.steps[other].declared
            }
        return set(sorted(found)[:MAX_CO_WRITERS])

    def _paid_by(self, names: Iterable[Key]) -> set[Key]:
        """Payees most of whose payers were written to, whoever owns them."""
        people = {person for key in names for person in self.steps[key].talks}
        times = Counter(key for person in people for key in self._paid.get(person, ()))
        return {
            key
            for key, n in times.items()
            if n >= LEAST_PAYERS and 2 * n >= len(self.steps[key].bills.keys() - {NOBODY})
        }


def _insiders(key: Key, steps: Steps, rows: Mapping[Key, Steps]) -> set[str]:
    """Accounts that a name belongs to. Friends tell friends of a site; those who tell many do it
    for a purpose."""
    found = set(steps.owners)
    found |= {bill.account for bills in steps.bills.values() for bill in bills if bill.account}
    if key.type == SITE:
        return found | {who for who in steps.writers if Key(CHATS, who) in rows}
    return found | set(steps.writers)


def _often(met: Mapping[str, set[Key]], people: Iterable[str], least: int) -> set[Key]:
    """Names under which at least `least` and half of these people were met."""
    listed = list(people)
    times = Counter(key for person in listed for key in met.get(person, ()))
    return {key for key, n in times.items() if n >= least and 2 * n >= len(listed)}
