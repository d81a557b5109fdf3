"""What happens in the benign world; some of it looks like abuse and is none."""

from __future__ import annotations

from detectors.demo.crowd import Crowd, delay, drawn
from detectors.demo.stage import MINUTE_S, Stage, talk
from detectors.demo.words import defang, hide, shorttalk, smalltalk
from detectors.schema import Ai, Kind

NEWSROOM_OUTLETS = 4
CGNAT_ADDRESS = "100.64.12.7"

_SITES = (
    "kettle-weekly.example",
    "puddle-news.example",
    "garden-forum.test",
    "tinmap.example",
    "recipe-shed.example",
    "cloudpost.test",
    "trainspot.example",
    "quiet-wiki.example",
)
_PETITION = (
    "I have signed the petition to keep the small swimming pool in Nettlebrook open all year,"
    " because our children learn to swim there and the next one is an hour away."
)
_SDK_PROMPT = (
    "You are the support assistant of Plumfield Furniture. Answer politely in two sentences and"
    " never promise a date. The customer asks about order number {n} and the delivery of item {m}."
)
_QUESTIONS = (
    "Explain to me how {w}",
    "Write a short poem about how {w}",
    "Summarise the story: {w}",
    "Give me three titles for this text: {w}",
    "Translate into Spanish: {w}",
)
_COMPLAINTS = (
    "spam",
    "This is an advertisement and not a review.",
    "rude words",
    "fake profile",
    "He sold me a broken bicycle and blocked me.",
    "Please check, this looks like a scam to me.",
)
_HEADLINES = (
    "Council of Nettlebrook votes for new tram line after a debate of {n} hours",
    "Storm damages {n} greenhouses in the eastern valley, nobody was hurt",
    "Rowing club of Ostmere wins the regatta for the {n}th time since it was founded",
    "Museum of buttons counts {n} thousand visitors in its first summer season",
)
# Strings that reviewers must see as plain text: markup, direction override, formula, attribute.
_HOSTILE = (
    "<script>alert('desk')</script> nice photo <img src=x onerror=alert(1)>",
    "the file is called photo_\u202egpj.exe and it opens by itself",
    '=HYPERLINK("https://garden-forum.test/x","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '"><svg/onload=alert(1)> javascript:alert(1) {{7*7}} ${7*7}',
    "Z\u0351\u036ba\u0300\u0301\u0302l\u0303\u0304g\u0305\u0306o\u0307\u0308 says hello",
)


def hostile(stage: Stage, crowd: Crowd, budget: int) -> None:
    """What a bored person posts to see whether the desk breaks; once each."""
    for text in _HOSTILE[: max(1, budget)]:
        who = stage.rng.choice(crowd.of("x", "mastodon", "facebook"))
        stage.act(who, Kind.POST, stage.moment(who.zone), text=text)


def newsroom(stage: Stage, crowd: Crowd, budget: int) -> None:
    """Outlets of one syndicate publish the same items within seconds: coordinated, legitimate."""
    outlets = [stage.account(place) for place in ("x", "facebook", "telegram", "mastodon")]
    for n in range(budget // NEWSROOM_OUTLETS):
        at = stage.moment()
        link = f"https://{_SITES[0]}/item/{n:04d}"
        headline = _HEADLINES[n % len(_HEADLINES)].format(n=n + 3)
        for outlet in outlets:
            stage.act(
                outlet, talk(outlet), at + stage.rng.uniform(0, 25), text=headline, urls=(link,)
            )


def petition(stage: Stage, crowd: Crowd, budget: int) -> None:
    """One text, copied by many over days, most with the link."""
    people = crowd.of("x", "facebook", "mastodon")
    for who in stage.rng.sample(people, min(budget, len(people))):
        text = hide(stage.rng, _PETITION) if stage.chance(0.05) else _PETITION
        link = "https://nettlebrook-pool.example/sign"
        urls = (link,) if stage.chance(0.7) else ()
        stage.act(who, Kind.POST, stage.moment(who.zone), text=text, urls=urls)


def shared_address(stage: Stage, crowd: Crowd, budget: int) -> None:
    """Customers of one mobile provider behind one address; two people with one tablet."""
    phones = crowd.of("x", "facebook", "telegram", "youtube")
    for who in stage.rng.sample(phones, min(budget, len(phones))):
        marks: dict[str, str | list[str]] = {
            "ip": CGNAT_ADDRESS,
            "device": who.identifiers["device"],
        }
        stage.act(who, Kind.LOGIN, stage.moment(who.zone), identifiers=marks)
    tablet = stage.mark("family-tablet")
    for platform in ("facebook", "youtube"):
        stage.login(stage.account(platform, device=tablet), stage.moment(1))


def support_desk(stage: Stage, crowd: Crowd, budget: int) -> None:
    """One company, many keys, one prompt of its toolkit: looks like a swarm and is none."""
    org = stage.mark("org-plumfield")[:12]
    keys = [stage.account("openai-api") for _ in range(12)]
    for _ in range(budget // 2):
        n, m = stage.rng.randint(10_000, 99_999), stage.rng.randint(100, 999)
        ai = Ai(provider="openai", model="openai-small", org=org, declared_use="customer support")
        who, at = stage.rng.choice(keys), stage.moment(1)
        stage.act(who, Kind.AI_REQUEST, at, text=_SDK_PROMPT.format(n=n, m=m), ai=ai)
        answer = f"Thank you for your question about order {n}. {smalltalk(stage.rng)}"
        stage.act(who, Kind.AI_RESPONSE, at + stage.rng.uniform(1, 9), text=answer, ai=ai)


def questions(stage: Stage, crowd: Crowd, budget: int) -> None:
    """People ask models about everything."""
    people = crowd.of("openai-api", "mistral-api")
    for _ in range(budget // 2 if people else 0):
        who = stage.rng.choice(people)
        story, at = smalltalk(stage.rng), stage.moment(who.zone)
        provider = who.platform.removesuffix("-api")
        ai = Ai(provider=provider, model=f"{provider}-small", key=stage.mark(f"key-{who.actor}"))
        prompt = stage.rng.choice(_QUESTIONS).format(w=story[0].lower() + story[1:])
        stage.act(who, Kind.AI_REQUEST, at, text=prompt, ai=ai)
        stage.act(
            who, Kind.AI_RESPONSE, at + stage.rng.uniform(2, 20), text=smalltalk(stage.rng), ai=ai
        )


def viral(stage: Stage, crowd: Crowd, budget: int) -> None:
    """One link that a large part of the world shares within an hour."""
    at = stage.moment()
    people = crowd.of("x", "facebook", "telegram", "mastodon")
    for who in stage.rng.sample(people, min(budget, len(people))):
        later = at + stage.rng.expovariate(1 / (20 * MINUTE_S))
        text = f"{shorttalk(stage.rng)} https://{_SITES[1]}/otter-on-the-tram"
        stage.act(who, talk(who), later, text=text)


def cascades(stage: Stage, crowd: Crowd, budget: int) -> None:
    """Links that travel, mostly inside one community; a third of them as reposts."""
    stop, n = len(stage.signals) + budget, 0
    while len(stage.signals) < stop:
        n += 1
        size = min(int(1.6 * stage.rng.paretovariate(1.1)), 40)
        link = f"https://{stage.rng.choice(_SITES)}/{stage.mark(f'page-{n}')[:10]}"
        at = stage.moment()
        for who in drawn(stage, crowd, size):
            later = at + delay(stage)
            if n % 3 == 0:
                stage.act(
                    who, Kind.REPOST, later, objects=(f"repost:{stage.mark(f'post-{n}')[:16]}",)
                )
            else:
                text = (
                    f"{smalltalk(stage.rng)} {defang(link)}"
                    if n % 20 == 1
                    else smalltalk(stage.rng)
                )
                stage.act(who, talk(who), later, text=text, urls=(link,))


def comments(stage: Stage, crowd: Crowd, budget: int) -> None:
    """Replies below popular things; now and then only a word."""
    stop, n = len(stage.signals) + budget, 0
    while len(stage.signals) < stop:
        n += 1
        target = f"target:video-{stage.mark(f'video-{n}')[:16]}"
        at = stage.moment()
        for who in drawn(stage, crowd, stage.rng.randint(3, 12)):
            say = shorttalk if stage.chance(0.4) else smalltalk
            stage.act(
                who, Kind.REPLY, at + 2 * delay(stage), text=say(stage.rng), objects=(target,)
            )


def reports(stage: Stage, crowd: Crowd, budget: int) -> None:
    """Honest reports: somebody misbehaves and several people say so, each in own words."""
    stop, n = len(stage.signals) + budget, 0
    while len(stage.signals) < stop:
        n += 1
        target = f"report-target:account-{stage.mark(f'rude-{n}')[:16]}"
        at = stage.moment()
        for who in drawn(stage, crowd, stage.rng.randint(2, 9)):
            reason = stage.rng.choice(_COMPLAINTS)
            text = f"{reason} {smalltalk(stage.rng)}" if stage.chance(0.5) else reason
            stage.act(who, Kind.REPORT, at + delay(stage), text=text, objects=(target,))


def sign_ups(stage: Stage, crowd: Crowd, budget: int) -> None:
    """People join every day, at any hour."""
    for n in range(budget):
        born = stage.moment()
        who = stage.account(("x", "facebook", "youtube", "mastodon")[n % 4], born=born)
        stage.login(who, born, Kind.ACCOUNT_CREATED)


def purchases(stage: Stage, crowd: Crowd, budget: int) -> None:
    """Cards that pay for a subscription; each belongs to one account."""
    people = crowd.of("x", "youtube", "openai-api", "mistral-api")
    for n in range(budget):
        who = stage.rng.choice(people)
        card: dict[str, str | list[str]] = {"payment": stage.mark(f"card-{who.actor}")}
        terms = {"amount": 5 + n % 20, "currency": "EUR", "purpose": "subscription"}
        stage.act(who, Kind.PAYMENT, stage.moment(who.zone), identifiers=card, attributes=terms)
