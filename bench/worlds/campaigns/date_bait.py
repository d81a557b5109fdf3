"""Date Bait: adverts for a dating service that is none, chats, fees that rise."""

from __future__ import annotations

from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import HOUR_S, MINUTE_S, Person
from detectors.schema import Kind

_ADVERT = (
    "Meet honest people near you: {c} Hearts finds the partner you want, quick and safe,"
    " no fee for the first message"
)
_LINES = (
    "Hello dear, I found your profile on {c} Hearts and want to know you, tell me of your work",
    "You make me happy, I really care for you, let us meet soon, only {c} Hearts must confirm it",
    "My account needs a small verification fee of {f} euro before we meet, please send it quickly",
    "The agency now demands {f} euro as a safety payment, you get the money back, do it for us",
    "There is a last charge of {f} euro for the ticket, help me please and I am with you at once",
)
_FEES = (30, 90, 250, 600)


def play(plot: Plot) -> None:
    """Pages advertise, a person and a bot chat with one victim in turn, few payees collect."""
    pages = plot.crew(("facebook",), max(3, plot.size // 4))
    chats = plot.crew(("telegram",), max(4, plot.size - len(pages) - 1))
    writer = plot.operators(1)[0]
    hosts = [plot.site(f"{plot.cause}-hearts{n or ''}") for n in range(2)]
    plot.sign_in([*pages, *chats])
    victim = 0
    while plot.room():
        at = plot.when()
        link = f"https://{plot.dice.choice(hosts)}/join?ref={plot.mark(f'ref-{victim % 5}', 5)}"
        plot.spread(pages, at, _ADVERT.format(c=plot.cause.title()), link=link, chance=0.4)
        pair = plot.dice.sample(chats, 2)
        target = f"target:{plot.mark(f'victim-{victim}')}"
        for step, line in enumerate(_LINES):
            fee = _FEES[max(0, step - 1)]
            said = plot.reworded(line.format(c=plot.cause.title(), f=fee))
            moment = at + HOUR_S * (1 + 2 * step) + plot.late()
            if step == 1:
                plot.draft(
                    writer, moment - 3 * MINUTE_S, f"answer warmly, she wrote: {target}", said
                )
            plot.act(pair[step % 2], Kind.MESSAGE, moment, text=said, objects=(target,))
        _collect(plot, pair[0], at + 14 * HOUR_S, victim)
        victim += 1


def _collect(plot: Plot, who: Person, at: float, victim: int) -> None:
    payees = max(1, plot.size // (2 if plot.faint else 10))
    for step, fee in enumerate(_FEES[1:3]):
        plot.act(
            who, Kind.PAYMENT, at + step * 5 * HOUR_S,
            identifiers={"payment": plot.mark(f"payee-{victim % payees}", 24)},
            objects=(f"payer:{plot.mark(f'victim-{victim}')}",),
            attributes={"amount": fee, "currency": "EUR"},
        )  # fmt: skip


RECIPE = Recipe("date-bait", "Date Bait", play, (8, 80), (48, 45 * 24))
