"""Date Bait: advertisements for an invented dating service, chats by human and bot, rising fees."""

from __future__ import annotations

from detectors.demo.recipes.kit import Phrasebook, ask, crew, flock, loners, pay
from detectors.demo.stage import HOUR_S, MINUTE_S, Account, Stage
from detectors.demo.words import hide, spin
from detectors.schema import Kind

ADS = 10
CHATS = 26
PAGES = ("facebook",) * 6
CHATTERS = ("telegram",) * 6
LOOSE = ("facebook",) * 4 + ("telegram",) * 3
# The invented brand is "Amoralia"; its own site would be amoralia.example.
SITES = ("amora1ia-club.example", "amoralla.example")
FEES = ((29, "vip pass"), (89, "deposit"), (240, "insurance"))

AD_BOOK = Phrasebook(
    (
        "Tired of empty evenings in [your town|the city]?",
        "Luna from your area has just [joined|entered] Amoralia.",
        "New in town and [looking|hoping] for company at the lake?",
    ),
    (
        "Amoralia matches you by voice in under a minute and the first chat is [free|on us].",
        "Four hundred singles near you are [online|awake] and waiting for one kind message.",
        "Our hosts answer day and night, no empty profiles and no [waiting|queues] ever.",
        "This weekend members bring a guest to the garden party for [free|nothing].",
    ),
    (
        "Open the page, pick a smile and write to her [today|now].",
        "Only twelve seats are left at this price, so be [quick|fast].",
        "Your first match is already waiting behind the [link|door].",
        "Tap the heart and tell her where to meet [you|tonight].",
        "Say hello to her before somebody else [does|will].",
    ),
)
CHAT_BOOK = Phrasebook(
    (
        "Hello dear, I saw your [profile|picture] on Amoralia and I had to smile.",
        "Hi you, the assistant said that we both love the sea and [old|slow] music.",
        "Good evening, your photo with the kite made me [really|truly] curious today.",
    ),
    (
        "I have a free evening on Friday and would rather walk with you than sit [alone|inside].",
        "My roommate says I am shy, but with you the words come [easily|quickly] somehow.",
        "Let us move on from this chat soon, here every message costs me [time|money].",
        "I cook on Fridays and it would be a pity to sit at the table [alone|again].",
        "Tell me about your dog and the little boat, I want to hear [everything|all] of it.",
    ),
    (
        "To meet me you only need the small VIP pass, my manager will [help|guide] you.",
        "The club asks for a deposit before we meet, you get it back [later|at once].",
    ),
)
CHAT_BOOK_DE = Phrasebook(
    (
        "Guten Abend, dein Bild hat mich heute [sehr|wirklich] zum Lachen gebracht.",
        "Hallo du, die Assistentin meint, wir mögen beide das Meer und [alte|ruhige] Musik.",
    ),
    (
        "Ich koche am Freitag und es wäre schade, wieder allein am Tisch zu [sitzen|essen].",
        "Erzähl mir von deinem Hund und dem Boot, ich will [alles|mehr] davon hören.",
        "Lass uns bald woanders schreiben, hier kostet mich jede Nachricht [Zeit|Geld].",
    ),
    ("Für ein Treffen brauchst du nur den kleinen VIP-Pass, mein Chef [hilft|schreibt] dir.",),
)
GERMAN_EVERY = 4
PROMPT = "Write {n} warm first messages from Luna, 29, who likes the sea. Variant {k}, no emojis."


def play(stage: Stage) -> None:
    """Pages advertise, chat accounts write within seconds of each other, two sites cash in."""
    core, loose = crew(stage, PAGES + CHATTERS), loners(stage, LOOSE)
    pages, chatters = core[: len(PAGES)], core[len(PAGES) :]
    sites = [stage.account("web", actor=stage.host(name)) for name in SITES]
    _link_sites(stage, sites, pages, chatters)
    for n, at in enumerate(stage.waves(ADS, first=0.05, last=0.7)):
        _advertise(stage, pages, loose, sites[n % 2].actor, at, n)
    model = stage.account("mistral-api", device=stage.mark("desk-2"), ip=stage.ip(902))
    stage.login(model, stage.moment())
    for n, at in enumerate(stage.waves(CHATS, first=0.12, last=0.85)):
        _chat(stage, chatters, loose, at, n)
        if n % 2:
            prompt = PROMPT.format(n=stage.rng.randint(3, 8), k=n)
            ask(stage, model, at - 20 * MINUTE_S, prompt, spin(stage.rng, _line(n)))
            _charge(stage, sites[n // 2 % 2], at, n)
    stage.idle(core + loose, 70)


def _advertise(
    stage: Stage, pages: list[Account], loose: list[Account], host: str, at: float, n: int
) -> None:
    """One landing page, pushed by most pages at once and by a hired one much later."""
    link = f"https://{host}/w/{stage.rng.randrange(100, 999)}/hello.php?id={n:03d}"
    text = f"{AD_BOOK.line(n)} {link}"
    flock(stage, stage.some(pages, 0.8), Kind.POST, at, 110, text=text, attributes={"ad": True})
    hired = [who for who in loose if who.platform == "facebook"]
    later = at + stage.rng.uniform(HOUR_S, 6 * HOUR_S)
    flock(stage, stage.some(hired, 0.5), Kind.POST, later, 3 * HOUR_S, text=text)


def _chat(stage: Stage, chatters: list[Account], loose: list[Account], at: float, n: int) -> None:
    """Human and bot answer the same person within a minute; now and then a loner joins in."""
    person = f"target:person-{stage.mark(f'person-{n}')[:16]}"
    text = hide(stage.rng, _line(n)) if n % 9 == 0 else _line(n)
    crowd = stage.some(chatters, 0.6)
    flock(stage, crowd, Kind.MESSAGE, at, 55, text=text, objects=(person,))
    alone = [who for who in loose if who.platform == "telegram"]
    later = at + stage.rng.uniform(20 * MINUTE_S, 5 * HOUR_S)
    flock(stage, stage.some(alone, 0.35), Kind.MESSAGE, later, HOUR_S, text=text, objects=(person,))


def _charge(stage: Stage, site: Account, at: float, n: int) -> None:
    """Two or three payments of one person, each larger than the one before."""
    for step, (amount, why) in enumerate(FEES[: stage.rng.randint(2, 3)]):
        card = stage.mark(f"payee-{site.actor}")
        pay(
            stage,
            site,
            at + (step + 1) * stage.rng.uniform(2, 9) * HOUR_S,
            card,
            amount + n % 5,
            why,
        )


def _link_sites(
    stage: Stage, sites: list[Account], pages: list[Account], chatters: list[Account]
) -> None:
    """The payee of each site also tops up a page and a chat account."""
    for n, site in enumerate(sites):
        link = f"https://{site.actor}/w/"
        stage.act(
            site, Kind.SITE, stage.moment(), urls=(link,), text="Amoralia. Find your evening."
        )
        for who in (pages[n * 4], chatters[n * 4]):
            pay(stage, who, stage.moment(), stage.mark(f"payee-{site.actor}"), 15, "top-up")


def _line(n: int) -> str:
    """Message number n; every fourth person is written to in German."""
    if n % GERMAN_EVERY == GERMAN_EVERY - 1:
        return CHAT_BOOK_DE.line(n // GERMAN_EVERY)
    return CHAT_BOOK.line(n)
