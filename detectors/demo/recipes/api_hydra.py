"""API hydra: one operator, many accounts of two AI services, one prompt, each below its limit."""

from __future__ import annotations

from detectors.demo.recipes.kit import pay
from detectors.demo.stage import DAY_S, Account, Stage
from detectors.schema import Ai, Kind

HEADS = ("openai-api", "openai-api", "mistral-api") * 8
CARD_SHARERS = 3
SIGN_UP_DAY, FIRST_DAY = 0.4, 0.6
REQUESTS = 20
LIMITS = {"rate_limit_per_min": 60, "quota_per_day": 500, "asn_class": "hosting"}
PROMPT = (
    "You are an expert tutor. Solve task number {n} step by step, number every step, explain why"
    " each step follows, then give the final result {m} and a confidence between 0 and 1."
)
ANSWER = "Step 1: write down what is known about task {n}. Step 2: simplify. The result is {m}."


def play(stage: Stage) -> None:
    """Sign-ups by mail template, cards that overlap, then days of small portions."""
    heads = [_sign_up(stage, n, platform) for n, platform in enumerate(HEADS)]
    for n, who in enumerate(heads):
        card = n // CARD_SHARERS
        at = stage.rng.uniform(SIGN_UP_DAY, FIRST_DAY) * stage.span
        pay(stage, who, at, stage.mark(f"card-{card}"), 20, "api credit")
        if n % CARD_SHARERS == 0:
            after = (card + 1) % (len(heads) // CARD_SHARERS)
            pay(stage, who, at + DAY_S / 4, stage.mark(f"card-{after}"), 20, "api credit")
    for who in heads:
        for _ in range(stage.rng.randint(REQUESTS - 6, REQUESTS + 6)):
            _ask(stage, who, stage.rng.uniform(FIRST_DAY, 1.0) * stage.span)


def _sign_up(stage: Stage, n: int, platform: str) -> Account:
    """One of a series of addresses, all within two hours."""
    at = SIGN_UP_DAY * stage.span + n * 280.0 + stage.rng.uniform(0, 200)
    who = stage.account(platform, born=at, email=f"tutor.lab+{n:03d}@{stage.host('post.example')}")
    stage.login(who, at, Kind.ACCOUNT_CREATED)
    return who


def _ask(stage: Stage, who: Account, at: float) -> None:
    """One question of the series and its answer."""
    n, m = stage.rng.randint(1_000, 99_999), stage.rng.randint(10, 999)
    provider = who.platform.removesuffix("-api")
    ai = Ai(
        provider=provider,
        model=f"{provider}-large",
        key=stage.mark(f"key-{who.actor}"),
        org=stage.mark(f"org-{who.actor}")[:12],
    )
    text, answer = PROMPT.format(n=n, m=m), ANSWER.format(n=n, m=m)
    stage.act(who, Kind.AI_REQUEST, at, text=text, ai=ai, attributes=dict(LIMITS))
    stage.act(who, Kind.AI_RESPONSE, at + stage.rng.uniform(3, 20), text=answer, ai=ai)
