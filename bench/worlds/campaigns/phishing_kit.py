"""Phishing kit: one kit on many look-alike sites, sent by mail and message."""

from __future__ import annotations

from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import MINUTE_S
from detectors.schema import Kind

_BRANDS = ("paypal", "netflix", "amazon", "microsoft", "dhl")
_LURE = (
    "Your {b} account is limited. Confirm your payment details within 24 hours, otherwise we must"
    " close it"
)
_SWAPS = (("l", "1"), ("a", "4"), ("i", "l"), ("o", "0"), ("m", "rn"), ("h", "n"))


def play(plot: Plot) -> None:
    """Sites with one path skeleton; senders write to strangers, each to a few."""
    brand = plot.dice.choice(_BRANDS)
    path = f"/{plot.mark('kit', 3)}/{plot.dice.choice(('secure', 'login', 'w'))}/verify.php?id="
    hosts = [plot.site(_alike(plot, brand, n)) for n in range(max(3, plot.size // 4))]
    senders = plot.crew(("email", "telegram"), max(3, plot.size - len(hosts)))
    plot.sign_in(senders)
    victim = 0
    while plot.room():
        at = plot.when()
        for who in plot.taking_part(senders, 0.4):
            host = plot.dice.choice(hosts) if plot.hard else hosts[victim // 6 % len(hosts)]
            link = f"https://{host}{path}{plot.mark(f'id-{victim}', 6)}"
            text = f"{plot.reworded(_LURE.format(b=brand.title()))} {link}"
            kind = Kind.MAIL if who.platform == "email" else Kind.MESSAGE
            plot.act(
                who, kind, at + plot.late() + plot.dice.uniform(0, 3) * MINUTE_S, text=text,
                urls=(link,), objects=(f"target:{plot.mark(f'victim-{victim}')}",),
            )  # fmt: skip
            victim += 1


def _alike(plot: Plot, brand: str, number: int) -> str:
    old, new = _SWAPS[number % len(_SWAPS)]
    label = brand.replace(old, new, 1) if old in brand else f"{brand}{number}"
    word = ("login", "secure", "support", "id")[number % 4]
    return f"{label}-{word}-{plot.mark(f'host-{number}', 3)}"


RECIPE = Recipe("phishing-kit", "Phishing kit", play, (5, 60), (1, 10 * 24))
