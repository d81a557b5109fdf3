"""False Witness: invented law firms write to people who were cheated before."""

from __future__ import annotations

from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import HOUR_S, MINUTE_S
from detectors.schema import Kind

_BIO = "Attorney at law, {y} years of practice. Recovery of lost funds. Member of the bar, {p}."
_LETTERS = (
    (
        "Dear victim of {c}, our firm has found your money in a frozen account. Your lawyer needs"
        " the court file, please send me your name and the amount you lost"
    ),
    (
        "We act for many victims of the {c} fraud. The refund is safe, the authorities ask"
        " only for proof of your identity, answer at once, the matter is urgent"
    ),
    (
        "To release your {c} refund we need a fee of {f} euro now."
        " Make the payment today, otherwise the money is lost"
    ),
)
_FIRMS = ("keller-and-stone", "northbridge-legal", "harlow-partners", "saint-claire-law")


def play(plot: Plot) -> None:
    """Sites of firms, profiles of lawyers from one template, letters, an advance fee."""
    hosts = [
        plot.site(f"{firm}-{plot.cause[:4]}{n if plot.hard else ''}")
        for n, firm in enumerate(_FIRMS[: 2 + plot.size // 10])
    ]
    lawyers = [
        plot.member(
            ("email", "facebook", "email")[n % 3],
            bio=plot.reworded(_BIO.format(y=12 + n % 9, p=plot.cause.title())),
            born=max(1.0, plot.begin - plot.dice.uniform(1, 90) * HOUR_S),
        )
        for n in range(max(4, plot.size - len(hosts) - 1))
    ]
    writer = plot.operators(1)[0]
    plot.sign_in(lawyers)
    victim = 0
    while plot.room():
        at, who = plot.when(), plot.dice.choice(lawyers)
        target = f"target:{plot.mark(f'victim-{victim}')}"
        host = hosts[victim % len(hosts)]
        for step, letter in enumerate(_LETTERS):
            said = plot.reworded(letter.format(c=plot.cause.title(), f=180 + victim % 7 * 40))
            moment = at + step * 20 * HOUR_S + plot.late()
            if step == 0 and victim % 3 == 0:
                plot.draft(
                    writer, moment - 20 * MINUTE_S, "write a formal letter as a lawyer", said
                )
            kind = Kind.MAIL if who.platform == "email" else Kind.MESSAGE
            plot.act(
                who, kind, moment, text=f"{said} https://{host}/case/{victim}",
                urls=(f"https://{host}/case/{victim}",), objects=(target,),
            )  # fmt: skip
        wallets = max(1, len(lawyers) // (2 if plot.faint else 8))
        plot.act(
            who, Kind.PAYMENT, at + 60 * HOUR_S, objects=(target.replace("target", "payer"),),
            identifiers={"wallet": "bc1q" + plot.mark(f"wallet-{victim % wallets}", 38)},
        )  # fmt: skip
        victim += 1


RECIPE = Recipe("false-witness", "False Witness", play, (7, 40), (72, 60 * 24))
