"""False Witness: invented law firms write to people who were cheated before and ask for a fee."""

from __future__ import annotations

from detectors.demo.recipes.kit import Phrasebook, ask, crew, flock, loners, pay
from detectors.demo.stage import HOUR_S, Account, Stage
from detectors.demo.words import defang, spin
from detectors.schema import Kind

LETTERS = 24
CORE = ("email", "facebook", "email", "email", "facebook", "email", "facebook", "email", "facebook")
LOOSE = ("email", "email", "facebook", "facebook", "facebook", "email")
# The invented firm that is imitated: Hartwell Lindqvist, hartwell-lindqvist.example.
SITES = (
    "hartwel1-lindqvist.example",
    "hartwell-lindqvlst.example",
    "hartwell-lindqvist-refunds.example",
    "hartwe11lindqvist.test",
)

BOOK = Phrasebook(
    (
        "Dear client, our office has [found|located] your name in the files of a closed broker.",
        "We write on behalf of the recovery bureau and regarding your [old|earlier] complaint.",
        "Your statement as a witness has been [accepted|received] by the tribunal in Ostmere.",
        "This is the last notice about the money that was [taken|withheld] from you two years ago.",
        "A colleague of our chambers spoke to you before and asked us to [continue|go on].",
    ),
    (
        "The sum of your claim has been frozen in escrow and can be [released|returned] this week.",
        "Eleven other investors have already been paid and only your [signature|form] is missing.",
        "Our partners abroad confirm the transfer as soon as the stamp duty is [settled|covered].",
        "The judge has set a date and you need not [travel|appear] if you answer us in time.",
    ),
    (
        "A handling fee applies, it is refunded together with your [money|deposit].",
        "Please keep this letter private so that the broker is not [warned|alerted].",
        "Reply with a copy of your passport and choose a [payment|transfer] method below.",
        "Our attorney will call you tonight, please [confirm|send] your telephone number.",
        "Without an answer by Friday the file is [closed|archived] for good.",
        "You find your reference and the fee table on our [page|site].",
        "Do not contact the old broker, this could [delay|stop] your refund.",
    ),
)
PROMPT = "Rewrite as a formal letter of a law office, British English, version {k}: {text}"


def play(stage: Stage) -> None:
    """The same person gets a mail and a message from two 'attorneys' within minutes."""
    core, loose = crew(stage, CORE), loners(stage, LOOSE)
    sites = [stage.account("web", actor=stage.host(name)) for name in SITES]
    model = stage.account("openai-api")
    _build(stage, sites, core, model)
    for n, at in enumerate(stage.waves(LETTERS, first=0.15)):
        _contact(stage, core, loose, sites[n % 4].actor, at, n)
        if n % 3 == 0:
            _collect(stage, sites, at, n)
        if n % 2:
            text = spin(stage.rng, BOOK.line(n))
            ask(stage, model, at - 0.5 * HOUR_S, PROMPT.format(k=n, text=text[:60]), text)
    stage.idle(core + loose, 60)


def _contact(
    stage: Stage, core: list[Account], loose: list[Account], host: str, at: float, n: int
) -> None:
    """One earlier victim, several senders; a loner writes again a day part later."""
    person = f"target:person-{stage.mark(f'client-{n}')[:16]}"
    link = f"https://{host}/case/{stage.rng.randrange(1_000, 9_999)}"
    text = f"{BOOK.line(n)} {defang(link) if n % 4 == 0 else link}"
    writers = stage.some(core, 0.6)
    for platform, kind in (("email", Kind.MAIL), ("facebook", Kind.MESSAGE)):
        crowd = [who for who in writers if who.platform == platform]
        flock(stage, crowd, kind, at, 170, text=text, objects=(person,))
        again = [who for who in loose if who.platform == platform]
        later = at + stage.rng.uniform(3 * HOUR_S, 9 * HOUR_S)
        flock(stage, stage.some(again, 0.35), kind, later, HOUR_S, text=text, objects=(person,))


def _build(stage: Stage, sites: list[Account], core: list[Account], model: Account) -> None:
    """Four copies of one site; two payees, each shared by two sites or a site and a sender."""
    for n, site in enumerate(sites):
        urls = (f"https://{site.actor}/", f"https://{site.actor}/w/fees/verify.php?id={n}")
        stage.act(site, Kind.SITE, stage.moment(), urls=urls, text="Hartwell Lindqvist, attorneys")
    bills = ((sites[0], 0), (sites[1], 1), (sites[2], 0), (sites[3], 1), (core[0], 0), (core[3], 1))
    for who, n in bills:
        pay(stage, who, stage.moment(), stage.mark(f"payee-{n}"), 12, "hosting")
    for who in (model, sites[1], core[6]):
        pay(stage, who, stage.moment(), stage.mark("payee-2"), 20, "api credit")


def _collect(stage: Stage, sites: list[Account], at: float, n: int) -> None:
    """The advance fee, and often a second one, through one of the first two sites."""
    payee = n // 3 % 2
    for step in range(stage.rng.randint(1, 2)):
        later = at + stage.rng.uniform(4, 14) * HOUR_S * (step + 1)
        pay(
            stage,
            sites[payee],
            later,
            stage.mark(f"payee-{payee}"),
            180 + 95 * step + n,
            "handling fee",
        )
