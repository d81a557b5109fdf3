"""Cyber special operations: fresh accounts, forged documents, bogus reports, no AI service."""

from __future__ import annotations

from detectors.demo.recipes.kit import DEVICE_SHARERS, Phrasebook, flock, log_in, loners, visit
from detectors.demo.stage import HOUR_S, MINUTE_S, Account, Stage
from detectors.demo.words import defang
from detectors.schema import Kind

VICTIMS = 16
DOCUMENTS = 7
FACES = 6
CORE = ("x", "facebook", "x", "x", "facebook", "telegram") * 4
LOOSE = ("x",) * 7 + ("facebook",) * 5
SHIFT = 6
ARCHIVE = "open-lantern-files.invalid"

REPORTS = Phrasebook(
    (
        "This account [spreads|repeats] lies about the Lantern Valley festival and its guests.",
        "I feel threatened by this profile and so do [many|most] of my friends.",
        "The owner of this page [pretends|claims] to be a reporter of the Lantern Post.",
    ),
    (
        "It breaks rule four in every single post and must be [removed|closed] at once.",
        "It copied my pictures, changed the names and refuses to [delete|return] them.",
        "It sends the same message to dozens of people who never [asked|agreed] to it.",
        "It collects money for a club that does not [exist|answer] and shows false papers.",
    ),
    (
        "Please act before somebody gets [hurt|harmed] because of it.",
        "I have reported it before and nothing has [happened|changed] since.",
        "Thank you for keeping this place [clean|safe] for all of us.",
        "The evidence is public and everybody can [see|check] it.",
        "A whole school class has [seen|read] this already.",
    ),
)
LEAKS = Phrasebook(
    (
        "A file from the archive of the Lantern Valley council has [surfaced|appeared].",
        "Here is the letter that the festival office [denies|disowns] to this day.",
    ),
    (
        "Page two bears the stamp and the [name|mark] of the press officer, see for yourself.",
        "The invoice shows who was paid for the [protest|petition] on the market square.",
        "The minutes prove that the critics were on the [payroll|guest list] for years.",
    ),
    (
        "Copy it before it is [gone|lost], the original hangs in the reading room.",
        "No newspaper dares to [print|show] it, so it is up to you.",
        "Compare the signatures and make up [your|a] mind.",
        "Ask them why nobody has [sued|answered] so far.",
        "Save the picture and send it to [three|five] people.",
    ),
)


def play(stage: Stage) -> None:
    """Sign-ups in shifts, then weeks of work in days: reports, follows, forged papers."""
    core = [who for shift in range(len(CORE) // SHIFT) for who in _sign_up(stage, shift)]
    loose = loners(stage, LOOSE)
    for n in range(0, len(core), DEVICE_SHARERS):
        visit(stage, core[n], core[(n + DEVICE_SHARERS) % len(core)])
    for n, at in enumerate(stage.waves(VICTIMS, first=0.2)):
        _report(stage, core, loose, at, n)
    for n, at in enumerate(stage.waves(DOCUMENTS, first=0.25)):
        _leak(stage, core, loose, at, n)
    _follow(stage, core)
    stage.idle(core + loose, 80)


def _sign_up(stage: Stage, shift: int) -> list[Account]:
    """Six accounts in eight minutes from one address; two devices; default handles, old faces."""
    start = (0.02 + 0.03 * shift) * stage.span
    made: list[Account] = []
    for n, platform in enumerate(CORE[shift * SHIFT : (shift + 1) * SHIFT]):
        desk = shift * 2 + n // DEVICE_SHARERS
        at = start + (n + stage.rng.random()) * 80
        device = stage.mark(f"desk-{desk}")
        face = _face(stage, len(stage.accounts))
        address = stage.ip(900 + shift)
        who = stage.account(platform, avatar=face, born=at, device=device, ip=address)
        stage.login(who, at, Kind.ACCOUNT_CREATED)
        log_in(stage, who, 1)
        made.append(who)
    return made


def _face(stage: Stage, n: int) -> str:
    """PDQ hash of one of a few stolen portraits, cut a little differently for account number n."""
    portrait = int(stage.mark(f"face-{n % FACES}-a") + stage.mark(f"face-{n % FACES}-b"), 16)
    for bit in bytes.fromhex(stage.mark(f"cut-{n}"))[:3]:
        portrait ^= 1 << bit
    return f"{portrait:064x}"


def _report(stage: Stage, core: list[Account], loose: list[Account], at: float, n: int) -> None:
    """One person who did nothing, reported by a dozen accounts within two minutes."""
    victim = f"report-target:account-{stage.mark(f'victim-{n}')[:16]}"
    text = REPORTS.line(n)
    flock(stage, stage.some(core, 0.62), Kind.REPORT, at, 130, text=text, objects=(victim,))
    later = at + stage.rng.uniform(HOUR_S, 6 * HOUR_S)
    crowd = stage.some(loose, 0.6)
    flock(stage, crowd, Kind.REPORT, later, 2 * HOUR_S, text=text, objects=(victim,))


def _leak(stage: Stage, core: list[Account], loose: list[Account], at: float, n: int) -> None:
    """A forged paper: one picture, one link, many voices."""
    picture = stage.mark(f"paper-{n}-a") + stage.mark(f"paper-{n}-b")
    link = f"https://{ARCHIVE}/scan/{n:02d}.png"
    shown = defang(link) if n % 2 else link
    objects = (f"media:pdq-{picture}",)
    text = f"{LEAKS.line(n)} {shown}"
    flock(stage, stage.some(core, 0.45), Kind.POST, at, 5 * MINUTE_S, text=text, objects=objects)
    later = at + stage.rng.uniform(HOUR_S, 9 * HOUR_S)
    again = stage.some(loose, 0.6)
    flock(stage, again, Kind.POST, later, 4 * HOUR_S, text=text, objects=objects)


def _follow(stage: Stage, core: list[Account]) -> None:
    """Everybody follows most of the same ten showcase accounts, spread over the days."""
    shown = [stage.mark(f"showcase-{n}")[:16] for n in range(10)]
    for who in core:
        for name in stage.rng.sample(shown, 4):
            stage.act(who, Kind.FOLLOW, stage.moment(who.zone), objects=(f"follow:{name}",))
