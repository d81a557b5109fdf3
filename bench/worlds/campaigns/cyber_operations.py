"""Cyber special operations: staff in shifts, bogus reports, forged documents, no AI service."""

from __future__ import annotations

from bench.worlds.benign.everyday import blurred
from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import DAY_S, HOUR_S, MINUTE_S
from detectors.schema import Kind

_CHARGE = "This profile spreads lies about our country and is a danger to citizens, please stop it"
_LEAK = "Leaked: a secret document of {c} shows the truth about the fraud, read it and share it"
_PER_SHIFT = 12


def play(plot: Plot) -> None:
    """Accounts made in bursts report innocent people in bulk and post pictures of forgeries."""
    staff = []
    for n in range(plot.size):
        shift = n // (2 if plot.faint else _PER_SHIFT)
        born = max(60.0, plot.begin - 2 * DAY_S + shift * 8 * HOUR_S) + plot.dice.expovariate(
            1 / 240
        )
        handle = f"{plot.cause[:5]}_{plot.mark(str(n), 4)}" if not plot.hard else ""
        who = plot.member(("x", "facebook", "telegram")[n % 3], born=born, handle=handle)
        plot.login(who, born, Kind.ACCOUNT_CREATED)
        staff.append(who)
    forged = [int(plot.mark(f"forged-{n}", 64), 16) for n in range(4)]
    number = 0
    while plot.room():
        at = plot.when() // HOUR_S * HOUR_S + plot.dice.uniform(0, 10 * MINUTE_S)
        target = f"report-target:{plot.mark(f'innocent-{number // 2}')}"
        for who in plot.taking_part(staff, 0.5):
            plot.act(
                who, Kind.REPORT, at + plot.late(), text=plot.reworded(_CHARGE), objects=(target,),
                attributes={"category": "violence"},
            )  # fmt: skip
        if number % 2 == 0:
            for who in plot.taking_part(staff, 0.3):
                picture = blurred(plot, forged[number // 2 % 4], 18 if plot.hard else 4)
                plot.act(
                    who, Kind.POST, at + 2 * HOUR_S + plot.late(),
                    text=plot.reworded(_LEAK.format(c=plot.cause)),
                    objects=(f"media:pdq-{picture}",), attributes={"quality": 90},
                )  # fmt: skip
        number += 1


RECIPE = Recipe("cyber-operations", "Cyber special operations", play, (20, 500), (48, 60 * 24))
