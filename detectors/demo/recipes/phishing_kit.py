"""Phishing kit: one kit on six hosts that imitate a parcel service, sent by mail and message."""

from __future__ import annotations

from detectors.demo.recipes.kit import Phrasebook, flock, loners, pay
from detectors.demo.stage import HOUR_S, MINUTE_S, Account, Stage
from detectors.demo.words import hide
from detectors.schema import Kind

WAVES = 18
SENDERS = ("email", "telegram", "facebook", "email") * 3
# The invented service that is imitated: Plumfield Parcel, plumfield-parcel.example.
HOSTS = (
    "plumfield-parce1-login.example",
    "secure-plumfield-parcel.example",
    "verify-plumfie1d-parcel.example",
    "plumfield-parcel-account.test",
    "login-plumfield-parcel.test",
    "plumfield-parcel-billing.example",
)
GATE = "/kx7/gate/verify.php?session={a}&account={b}"
PAGES = (
    "Plumfield Parcel: your delivery is on hold. Sign in and confirm your account to release it.",
    "Plumfield Parcel: enter your card to pay the customs fee of 1.99 and choose a delivery day.",
    "Plumfield Parcel: thank you, your parcel is on its way. Please keep this window open.",
)

BOOK = Phrasebook(
    (
        "Your parcel could not be delivered because the address is [incomplete|unclear].",
        "Plumfield Parcel is holding a package in your [name|district] since this morning.",
        "Last notice before your shipment is [returned|sent back] to the sender.",
    ),
    (
        "A customs fee of 1.99 is open and must be [paid|settled] within one day.",
        "Please verify your account so that the driver can [find|reach] you.",
        "Sign in to choose a new delivery [window|day] free of charge.",
        "Confirm your telephone number to [release|unlock] the package.",
    ),
    (
        "Use the secure link below, it is valid for [twelve|six] hours.",
        "Without an answer the package goes [back|home] tonight.",
        "This message was created automatically, please do not [reply|answer].",
        "Have your card [ready|at hand] to avoid further delay.",
        "Thank you for [choosing|trusting] Plumfield Parcel.",
    ),
)


def play(stage: Stage) -> None:
    """Six copies of one kit go up; each wave has another host; cards pay for hosts and senders."""
    sites = [stage.account("web", actor=stage.host(name)) for name in HOSTS]
    senders = loners(stage, SENDERS)
    for n, site in enumerate(sites):
        _put_up(stage, site, n)
        for who in (site, senders[n * 2], sites[(n + 1) % len(sites)]):
            pay(stage, who, stage.moment(), stage.mark(f"card-{n}"), 7, "hosting")
    for n, at in enumerate(stage.waves(WAVES, first=0.12)):
        _send(stage, senders, sites[n % len(sites)], at, n)
    stage.idle(senders, 50)


def _put_up(stage: Stage, site: Account, n: int) -> None:
    """The pages of the kit as a crawler sees them, with the same words on every host."""
    at = (0.03 + 0.012 * n) * stage.span
    for page, text in enumerate(PAGES):
        link = _link(stage, site)
        later = at + page * MINUTE_S
        stage.act(site, Kind.SITE, later, text=text, urls=(link,))


def _send(stage: Stage, senders: list[Account], site: Account, at: float, n: int) -> None:
    """The same words by mail, message and post, each with a link of its own."""
    for who in stage.some(senders, 0.6):
        kind = {"email": Kind.MAIL, "telegram": Kind.MESSAGE}.get(who.platform, Kind.POST)
        text = hide(stage.rng, BOOK.line(n)) if n % 7 == 0 else BOOK.line(n)
        link = (_link(stage, site),)
        flock(stage, [who], kind, at, HOUR_S, text=text, urls=link)


def _link(stage: Stage, site: Account) -> str:
    """The gate of the kit with values for one victim."""
    a, b = stage.rng.randrange(10**7, 10**8), stage.rng.randrange(10**5, 10**6)
    return f"https://{site.actor}{GATE.format(a=a, b=b)}"
